"""The frames of the agent's protocol: encodes requests, decodes answers and checks them against their types.

The bytes come from a container in which untrusted programs run, so nothing in them is believed: sizes are bounded
before they are buffered, and every header must be exactly one of the messages below.
``docs/agent-protocol.md`` describes the protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from struct import Struct
from typing import Annotated, Any, Literal

import msgspec

from node.domain.sandbox import Ending, OutputFile
from node.domain.sizes import MAX_OUTPUT_FILES

_LENGTHS = Struct("!II")
_MAX_HEADER_BYTES = 1 << 20
_MAX_BODY_BYTES = 512 << 20
_READY_MARK = b"CRDY"


class FrameError(Exception):
    """The other side does not speak the agent's protocol."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The agent's answer to ``hello``: the slot is verified clean and waits for a run."""

    nonce: str
    protocol: int
    runs: int


class Output(msgspec.Struct, frozen=True, tag="output"):
    """A piece of the program's output or of its report on tests, or where it was when its time was up; the frame's
    body."""

    run_id: str
    stream: Literal["stdout", "stderr", "stack", "report"]


class Waits(msgspec.Struct, frozen=True, tag="waits"):
    """The news that a program that is talked to waits for its standard input."""

    run_id: str


class Artefact(msgspec.Struct, frozen=True):
    """One file that is brought back: its name, and its size in the frame's body."""

    name: str
    size: int


class LeftFile(msgspec.Struct, frozen=True):
    """One file that a program left: its name, its size, and how many bytes of it are in the frame's body (all, or
    none)."""

    name: str
    size: int
    brought: int


class Exited(msgspec.Struct, frozen=True, tag="exited"):
    """The report that the program and all its output have ended. The wipe has not (ADR 0003), and the program's memory
    may not be free yet (ADR 0007)."""

    run_id: str
    ending: Ending
    exit_code: int | None
    signal: int | None
    wall_ms: float
    cpu_ms: float
    peak_memory_bytes: int
    memory_before_bytes: Annotated[int, msgspec.Meta(ge=0)]
    """The slot's memory when the program took over from what waited, as the control group counts it; 0 where it does
    not."""
    warm: bool
    """Whether the program was given to what waited, and not started for itself."""
    stdout_truncated: bool
    stderr_truncated: bool
    limits_hit: list[str]
    artefacts: list[Artefact]
    fault: Annotated[str, msgspec.Meta(max_length=200)]
    """What was too large of the files to bring back, as a sentence goes on from "the program"; empty: nothing."""
    files: list[LeftFile] = []
    """Behind the artefacts in the body."""
    are_all_files: bool = True
    """Whether the program left no others."""


class Clean(msgspec.Struct, frozen=True, tag="clean"):
    """The report on the wipe after a run: whether the slot is provably clean, and why it is not."""

    run_id: str
    ok: bool
    problems: list[str]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The report of the agent's own failure: nothing was run."""

    run_id: str
    message: str


Message = Ready | Output | Waits | Exited | Clean | Failed

_decode = msgspec.json.Decoder(Message).decode
_encode = msgspec.json.Encoder().encode


def encode(header: dict[str, Any], *body: bytes) -> list[bytes]:
    """One frame, as a list of pieces to send, so that a large body is not copied. Raises ValueError where header or
    body is larger than the protocol allows."""
    text = _encode(header)
    size = sum(map(len, body))
    if len(text) > _MAX_HEADER_BYTES or size > _MAX_BODY_BYTES:
        raise ValueError(f"a frame of {len(text)} + {size} bytes is too large")
    return [_LENGTHS.pack(len(text), size) + text, *filter(None, body)]


class Decoder:
    """Turns a stream of bytes into frames. Before ``expect`` and the mark that it names everything is thrown away,
    unread."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._mark = b""
        self._synchronised = False
        self._message: Message | None = None
        self._body = BytesIO()
        self._missing = 0
        """The bytes of the body that are still to come."""
        self.body_limit = 64 << 10
        """The size in bytes of the largest body that is accepted now; the running launch decides."""

    def expect(self, nonce: str) -> None:
        """Throws away everything up to the mark, which is ``CRDY`` and this nonce."""
        self._mark = _READY_MARK + nonce.encode()
        self._synchronised = False
        self._head.clear()
        self._message = None

    def feed(self, data: bytes | memoryview) -> Iterator[tuple[Message, bytes]]:
        """Takes the next bytes and yields the frames that are complete, each with a body of its own, into which the
        bytes were copied once, as they came: so one of 64 MiB holds the event loop in no single step. Raises FrameError
        for anything that is not a frame."""
        rest = memoryview(data) if self._synchronised else self._after_mark(data)
        while True:
            if self._message is None:
                rest = self._take_header(rest)
            if self._message is None:
                return
            rest = self._take_body(rest)
            if self._missing:
                return
            message, self._message = self._message, None
            yield message, self._body.getvalue()

    def _after_mark(self, data: bytes | memoryview) -> memoryview:
        """The bytes after the mark; none until it was found."""
        self._head += data
        found = self._head.find(self._mark) if self._mark else -1
        if found < 0:
            del self._head[: max(0, len(self._head) - len(self._mark) + 1)]
            return memoryview(b"")
        rest = bytes(self._head[found + len(self._mark) :])
        self._head.clear()
        self._synchronised = True
        return memoryview(rest)

    def _take_header(self, data: memoryview) -> memoryview:
        """Collects the header and returns the bytes that follow it. A body of the size that it names and that we allow
        may follow."""
        if not self._synchronised:
            return data
        data = self._collect(data, _LENGTHS.size)
        if len(self._head) < _LENGTHS.size:
            return data
        header_size, body_size = _LENGTHS.unpack_from(self._head)
        if header_size > _MAX_HEADER_BYTES or body_size > self.body_limit:
            raise FrameError(f"a frame of {header_size} + {body_size} bytes")
        end = _LENGTHS.size + header_size
        data = self._collect(data, end)
        if len(self._head) == end:
            self._message = _message(bytes(self._head[_LENGTHS.size :]))
            self._body, self._missing = BytesIO(), body_size
            self._head.clear()
        return data

    def _collect(self, data: memoryview, size: int) -> memoryview:
        missing = max(0, size - len(self._head))
        self._head += data[:missing]
        return data[missing:]

    def _take_body(self, data: memoryview) -> memoryview:
        taken = data[: self._missing]
        self._missing -= self._body.write(taken)
        return data[len(taken) :]


def _message(text: bytes) -> Message:
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"not a message: {error}") from error


def split_artefacts(listed: list[Artefact], body: bytes) -> dict[str, bytes]:
    """The artefacts in a frame's body, names to contents; one that is all of it is not copied. Raises FrameError where
    the sizes do not add up or a name would leave its directory."""
    found: dict[str, bytes] = {}
    at = 0
    for artefact in listed:
        _check_name(artefact.name, artefact.size)
        found[artefact.name] = body[at : at + artefact.size]
        at += artefact.size
    if at != len(body):
        raise FrameError(f"artefacts of {at} bytes in a body of {len(body)}")
    return found


def split_files(listed: list[LeftFile], body: bytes) -> tuple[OutputFile, ...]:
    """The files in what follows the artefacts. Raises FrameError as for these, and for more files than are asked
    for."""
    if len(listed) > MAX_OUTPUT_FILES:
        raise FrameError(f"{len(listed)} files")
    found = []
    at = 0
    for file in listed:
        _check_name(file.name, file.brought)
        if file.brought not in (0, file.size):
            raise FrameError(f"{file.brought} bytes of a file of {file.size}")
        content = body[at : at + file.brought] if file.brought == file.size else None
        found.append(OutputFile(file.name, file.size, content))
        at += file.brought
    if at != len(body):
        raise FrameError(f"files of {at} bytes in a body of {len(body)}")
    return tuple(found)


def _check_name(name: str, size: int) -> None:
    if size < 0 or "\0" in name or any(part in ("", ".", "..") for part in name.split("/")):
        raise FrameError(f"not a file: {name!r}")

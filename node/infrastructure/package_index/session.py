"""The talk between an installer in its slot and the node that reads the index for it (docs/packages.md).

The installer says one line of JSON at a time and waits for its answer. What comes from there is hostile: lines are
bounded, and one that is none ends the installation. At most one piece of a document is on its way, so that a slot that
does not read holds nothing up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Annotated, TypeVar

import msgspec
import structlog

from node.domain.layers import listing_fault
from node.domain.sandbox import Tell
from node.infrastructure.package_index.reader import IndexReader, OutOfReachError, UnreadableError
from schemas.interaction import Said
from schemas.reader import Reader

PIECE_BYTES = 256 << 10
_MAX_LINE_BYTES = 256 << 10
_MAX_WAITING_LINES = 4
_SHOWN_CHARS = 200
_NO_TALK = "the installer does not keep to its talk with the node"
_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an installer says: one of these."""

    get: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    accept: Annotated[str, msgspec.Meta(max_length=512, pattern=r"^[A-Za-z0-9.+/;=, *_-]*\Z")] = "*/*"
    more: bool = False
    packages: list[str] | None = None


_decode = Reader(_Line).decode


class IndexSession:
    """One installer's talk. ``take`` what it says; ``serve`` answers it until it is cancelled."""

    def __init__(self, reader: IndexReader, executor: Executor, on_nonsense: Callable[[], None]) -> None:
        """``on_nonsense`` is called where the installer does not keep to the talk: it is to be ended."""
        self.packages: tuple[str, ...] = ()
        """What it says that it has installed."""
        self.fault = ""
        """Why the talk was broken off, where that is the installer's doing, or that of what it has installed."""
        self.kept_back = ""
        """The first document that it was not given, and never will be, and why: whatever it installs may lack that."""
        self.is_reading = False
        """Whether a document was asked for and is not read to its end."""
        self._reader = reader
        self._executor = executor
        self._on_nonsense = on_nonsense
        self._tell: Tell = _to_nobody
        self._begun = bytearray()
        self._lines: deque[_Line] = deque()
        self._came = asyncio.Event()
        self._is_over = False
        self._unreached: dict[str, str] = {}
        self._url = ""

    @property
    def out_of_reach(self) -> str:
        """Why a document could not be read, though later it may, the last such; empty where all could in the end."""
        return next(reversed(self._unreached.values()), "")

    def begin(self, tell: Tell) -> None:
        """Is given the way to the installer, once that was started."""
        self._tell = tell

    def take(self, data: bytes) -> None:
        """Takes what the installer said."""
        if self._is_over:
            return
        self._begun += data
        if len(self._begun) <= _MAX_LINE_BYTES and b"\n" not in data:
            return
        *lines, rest = bytes(self._begun).split(b"\n")
        self._begun = bytearray(rest)
        try:
            for line in map(_decode, lines[: _MAX_WAITING_LINES + 1]):
                self._hear(line)
        except msgspec.DecodeError:
            self._nonsense(_NO_TALK)
        if len(self._lines) > _MAX_WAITING_LINES or len(rest) > _MAX_LINE_BYTES:
            self._nonsense(_NO_TALK)
        self._came.set()

    def _hear(self, line: _Line) -> None:
        if self._is_over:
            return
        if line.packages is None:
            self._lines.append(line)
        elif fault := listing_fault(line.packages):
            self._nonsense(fault)
        else:
            self.packages = tuple(line.packages)

    async def serve(self) -> None:
        """Answers, for ever. What nobody has foreseen ends the installation, as the installer waits for an answer."""
        try:
            while True:
                while self._lines:
                    await self._answer(self._lines.popleft())
                self._came.clear()
                await self._came.wait()
        except Exception as error:  # noqa: BLE001 - whatever it is: nobody else would see it
            if not self._is_over:
                _log.error("package_index_not_read", exc_info=error)
                self._unreached[self._url] = f"{type(error).__name__}: {error}"
                self._end()

    def close(self) -> None:
        """Ends it: whoever reads for it is interrupted."""
        self._is_over = True
        self._reader.interrupt()
        with suppress(RuntimeError):  # the node is shutting down
            self._executor.submit(self._reader.close)

    def _nonsense(self, fault: str) -> None:
        if not self._is_over:
            self.fault, self.packages = fault, ()
            self._end()

    def _end(self) -> None:
        self._is_over = True
        self._lines.clear()
        self._on_nonsense()

    async def _answer(self, line: _Line) -> None:
        await (self._open(line) if line.get else self._read())

    async def _open(self, line: _Line) -> None:
        head = {"status": 0, "type": "", "bytes": None, "error": ""}
        try:
            self.is_reading, self._url = True, line.get
            answer = await self._on_thread(lambda: self._reader.open(line.get, line.accept))
            self._unreached.pop(line.get, None)
            head |= {"status": answer.status, "type": answer.media_type, "bytes": answer.size}
        except UnreadableError as error:
            self._note(error)
            head["error"] = str(error)
        self._tell(Said.of(msgspec.json.encode(head) + b"\n"))

    async def _read(self) -> None:
        try:
            piece = await self._on_thread(lambda: self._reader.read(PIECE_BYTES))
        except UnreadableError as error:
            self._note(error)
            self._tell(Said.of(b"-1\n"))
        else:
            self.is_reading = bool(piece)
            self._tell(Said.of(b"%d\n" % len(piece) + piece))

    def _note(self, error: UnreadableError) -> None:
        self.is_reading = False
        if isinstance(error, OutOfReachError):
            self._unreached[self._url] = str(error)
        else:
            self.kept_back = self.kept_back or f"{self._url[:_SHOWN_CHARS]!a} cannot be had: {error}"

    async def _on_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _to_nobody(said: Said) -> None:
    """Before the installer was started, nothing is said to it."""

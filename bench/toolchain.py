"""The baseline: a container of the language's image with a slot's limits, in which the toolchain is run by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import docker

_IMAGE = "coderunner/{language}"
_TMPFS = {"/bench": "rw,exec,size=512m,mode=1777", "/tmp": "rw,exec,size=512m,mode=1777"}
_BARE = Path(__file__).with_name("bare_toolchain.py")


class Toolchain:
    """One bare container; its script answers a line for a line."""

    def __init__(
        self,
        language: str,
        *,
        cpus: float = 2.0,
        memory_bytes: int = 1280 << 20,
        image: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        """``image``: where it is not called after the language; ``env``: that of its programs."""
        client = docker.from_env()
        self._container = client.containers.create(
            image or _IMAGE.format(language=language),
            entrypoint=["python3", "-c", _BARE.read_text()],
            command=[],
            stdin_open=True,
            network_mode="none",
            read_only=True,
            tmpfs=_TMPFS,
            user="1000:1000",
            environment={"HOME": "/bench", "LANG": "C.UTF-8", **(env or {})},
            nano_cpus=int(cpus * 1e9),
            mem_limit=memory_bytes,
            cap_drop=["ALL"],
        )
        self._id = self._container.id
        self._line: Any = self._container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        self._container.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()
        self._container.remove(force=True)

    def run(
        self,
        file: str,
        text: str,
        commands: Sequence[Sequence[str]],
        expected: str | None = None,
        *,
        fresh: bool = False,
    ) -> float:
        """Milliseconds of one bare run, whose last command must have printed what is expected; ``fresh``: in an empty
        folder. Raises RuntimeError."""
        return self._ask({"file": file, "text": text, "commands": commands, "expected": expected, "fresh": fresh})

    def loops(self, text: str, seconds: float) -> int:
        return int(self._ask({"seconds": seconds, "text": text}))

    def _ask(self, request: dict[str, object]) -> float:
        socket = self._line._sock
        socket.sendall(json.dumps(request).encode() + b"\n")
        text = b""
        while not text.endswith(b"\n"):
            header = self._exactly(8)
            chunk = self._exactly(int.from_bytes(header[4:], "big"))
            if header[0] == 2:
                raise RuntimeError(chunk.decode(errors="replace"))
            text += chunk
        return float(json.loads(text))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._line._sock.recv(size - len(data))
            if not more:
                raise RuntimeError("the bare container ended")
            data += more
        return data

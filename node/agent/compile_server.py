"""The resident compiler of a compile slot: it reads submitted code, and never runs it
(``docs/adr/0004-compilers-live-in-slots-of-their-own.md``)."""

from __future__ import annotations

import os
import struct
from typing import Any

from . import workdir
from .account import Account
from .config import AgentConfig
from .disk import Disk
from .frames import encode_list
from .identity import files_as, kill_everything
from .meter import Meter
from .run import Emit
from .run_files import artefacts_of, split
from .spawn import Pipes, spawn

_ANSWER = struct.Struct("!iI")
_GAVE_UP = b"the compiler gave up on this program\n"


class Answer:
    """A resident compiler's answer as it comes: of its diagnostics the first are kept, and the rest is counted. A line
    that many errors are on comes with each of them."""

    def __init__(self, keep_bytes: int) -> None:
        self._most = _ANSWER.size + keep_bytes
        self._kept = bytearray()
        self._came = 0

    def take(self, data: bytes) -> None:
        """Takes what has come now."""
        self._kept += data[: self._most - len(self._kept)]
        self._came += len(data)

    def complete(self) -> tuple[int, int, bytes] | None:
        """Exit code, bytes of diagnostics, and the first of them; None while there is more to come."""
        if self._came < _ANSWER.size:
            return None
        code, size = _ANSWER.unpack_from(self._kept)
        if self._came < _ANSWER.size + size:
            return None
        return code, size, bytes(self._kept[_ANSWER.size : _ANSWER.size + size])


class CompileServer:
    """A compiler's process that answers one request at a time."""

    descriptors = 3
    """The agent's ends of its pipes."""

    def __init__(self, config: AgentConfig, command: list[str]) -> None:
        self._pipes = Pipes.make()
        theirs = [self._pipes.stdin, self._pipes.stdout, self._pipes.stderr]
        user = (config.uid, config.gid)
        self.pid = spawn(command, config.env, workdir.WORKSPACE, user, config.limits, theirs)
        self._pipes.close_theirs()
        os.set_blocking(self._pipes.our_stdin, True)
        self._answer = Answer(0)

    @property
    def stdout(self) -> int:
        """The descriptor on which its answers come."""
        return self._pipes.our_stdout

    @property
    def stderr(self) -> int:
        """The descriptor on which nothing of use comes: it is read and thrown away, so that the process never
        blocks."""
        return self._pipes.our_stderr

    def ask(self, directory: str, command: list[str], keep_bytes: int) -> None:
        """Sends a request; so much of the diagnostics is kept. Raises OSError if the compiler is gone."""
        self._answer = Answer(keep_bytes)
        message = encode_list([directory.encode(), *(part.encode() for part in command)])
        view = memoryview(message)
        while view:
            view = view[os.write(self._pipes.our_stdin, view) :]

    def read_answer(self) -> tuple[int, int, bytes] | None:
        """Exit code, bytes of diagnostics and the first of them, once it is complete. Raises OSError if it died."""
        try:
            data = os.read(self._pipes.our_stdout, 1 << 20)
        except BlockingIOError:
            return None
        if not data:
            raise OSError("the resident compiler ended")
        self._answer.take(data)
        return self._answer.complete()

    def discard_stderr(self) -> None:
        try:
            os.read(self._pipes.our_stderr, 65536)
        except BlockingIOError:
            return

    def close(self) -> None:
        self._pipes.close_ours()


class Compilation:
    """A run by the resident compiler, with the same life as ``Run``."""

    def __init__(
        self, config: AgentConfig, meter: Meter, disk: Disk, header: dict[str, Any], body: bytearray, emit: Emit
    ) -> None:
        self.id = str(header["run_id"])
        self._config, self._meter, self._disk, self._header, self._emit = config, meter, disk, header, emit
        self._limits = header["limits"]
        self._files, _ = split(header, body)
        self.ending: str | None = None
        self._answer: tuple[int, int, bytes] | None = None
        self._dead = False

    def start(self, server: CompileServer) -> None:
        memory_before_bytes = self._meter.memory_bytes()
        with files_as(self._config.uid, self._config.gid):
            self.directory = workdir.make()
            workdir.write(self.directory, self._files)
        self._files = []
        self.account = Account(self._meter, self._disk, self._limits, 1, memory_before_bytes)
        server.ask(self.directory, list(self._header["command"]), int(self._limits["output_bytes"]))

    def answered(self, answer: tuple[int, int, bytes]) -> None:
        self._answer = answer
        self.account.stop_clock()

    def server_died(self) -> None:
        self._dead = True
        self.account.stop_clock()

    def check(self) -> None:
        """Ends the compilation where it has exceeded a limit."""
        if self.ending is None and (limit := self.account.exceeded()):
            self.end(limit)

    def next_check_s(self) -> float:
        """Seconds until it is to be checked at the latest."""
        return self.account.next_check_s()

    def end(self, ending: str) -> None:
        """Kills the compiler; the ``ending`` of the first call stays."""
        if self.ending is None:
            self.ending = ending
            kill_everything(self._config.uid)

    @property
    def is_over(self) -> bool:
        return self._answer is not None or self._dead

    def finish(self) -> list[str]:
        """Emits diagnostics and ``exited``. Returns no problems: what the compiler left is found when the slot is
        wiped."""
        max_output_bytes = int(self._limits["output_bytes"])
        code, size, text = self._answer or (None, len(_GAVE_UP), _GAVE_UP)
        ending, usage = self.account.close(self.ending or "exited", code is None, code != 0)
        artefacts, fault = artefacts_of(self._config, self._header, self.directory) if code == 0 else ([], "")
        if fault:
            ending = "disk"
            usage["limits_hit"].append("disk")
        if text[:max_output_bytes]:
            self._emit({"type": "output", "run_id": self.id, "stream": "stderr"}, text[:max_output_bytes])
        self._emit(
            {
                "type": "exited",
                "run_id": self.id,
                "ending": ending,
                "exit_code": 1 if code is None and ending == "exited" else code,
                "signal": None,
                "stdout_truncated": False,
                "stderr_truncated": size > max_output_bytes,
                "artefacts": [{"name": name, "size": len(content)} for name, content in artefacts],
                "fault": fault,
                "warm": True,
                **usage,
            },
            *(content for _, content in artefacts),
        )
        return []

"""One run: a program with its pipes, from start to the ``exited`` frame."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from . import workdir
from .account import Account
from .blocked import file_id
from .capture import Capture
from .config import AgentConfig, RlimitSet
from .disk import Disk
from .identity import end_everything, files_as, kill_everything, signal_session
from .interaction import Interaction
from .meter import Meter
from .run_files import REPORT_VARIABLE, artefacts_of, outputs_of, report_of, report_path, split
from .spawn import MIN_OPEN_FILES, Pipes, spawn
from .stack_dump import StackDump
from .standard_input import StandardInput
from .terminals import END_OF_FILE, make_terminal, resize
from .warm import WaitingProcess

Emit = Callable[..., None]
"""``emit(header, *body)``: sends a frame, sooner or later."""
_DRAIN_TIMEOUT_S = 1.0
_MAX_PROBLEMS = 16
_MAX_PIPE_READS = 16
"""Of what is in a pipe when its time is up: 1 MiB, the most that a pipe holds."""


class Run:
    """A program that runs, cold or in a process that waited for it. Between ``start`` and ``finish`` its descriptors
    are in the loop's poll."""

    def __init__(
        self, config: AgentConfig, meter: Meter, disk: Disk, header: dict[str, Any], body: bytearray, emit: Emit
    ) -> None:
        self.id = str(header["run_id"])
        self._config, self._meter, self._disk, self._header, self._emit = config, meter, disk, header, emit
        self._limits = header["limits"]
        self.rlimits = config.rlimits(RlimitSet.of(self._limits))
        self._files, self._first_input = split(header, body)
        self._asked: dict[str, Any] | None = header.get("interaction")
        """How it is talked to; None: it is not."""
        self._terminal: dict[str, Any] = (self._asked or {}).get("terminal") or {}
        self._interaction: Interaction | None = None
        self.pid = -1
        self.ending: str | None = None
        self._status: int | None = None
        self.may_announce_exit = False
        self._exit_announced = False
        """The program has sent its last words; the kernel may not have ended it yet."""
        self._known: set[int] = set()
        self._dump: StackDump | None = None
        """Once its time is up, and it was asked where it is."""
        self._report: tuple[str, dict[str, Any]] | None = None
        """What the account said then."""

    def start(self, waiting: WaitingProcess | None, known: set[int]) -> None:
        """Writes the files and starts the program: in ``waiting`` if there is one. Raises OSError."""
        self._known = known
        self._warm = waiting is not None
        memory_before_bytes = self._meter.memory_bytes()
        user = (self._config.uid, self._config.gid)
        with files_as(*user):
            self.directory = waiting.directory if waiting else workdir.make()
            workdir.write(self.directory, self._files)
            workdir.link(self._header.get("links", {}))
            joined = bool(self._header.get("redirect_stderr"))
            pipes = waiting.pipes if waiting else Pipes.make(joined=joined) if not self._terminal else None
        self._pipes = pipes or make_terminal(user, int(self._terminal["rows"]), int(self._terminal["columns"]))
        self._files = []
        self.account = Account(self._meter, self._disk, self._limits, 1 + len(known), memory_before_bytes)
        self._meter.limit_tasks(self.account.max_tasks)
        command, env = list(self._header["command"]), dict(self._header["env"])
        if self._header.get("report_bytes"):
            env[REPORT_VARIABLE] = report_path(self.directory)
        if waiting:
            waiting.hand_over(command, env, self.rlimits)
            self.pid = waiting.pid
            self.may_announce_exit = not self._header["collect"]
        else:
            theirs = [self._pipes.stdin, self._pipes.stdout, self._pipes.stderr]
            environment, on_terminal = {**self._config.env, **env}, bool(self._terminal)
            self.pid = spawn(command, environment, self.directory, user, self.rlimits, theirs, on_terminal=on_terminal)
        limit = int(self._limits["output_bytes"])
        ours = {"stdout": self._pipes.our_stdout, "stderr": self._pipes.our_stderr}
        self._captures = [Capture(name, fd, limit) for name, fd in ours.items() if fd >= 0]
        self._begin_input(user, known)
        if not waiting:
            self._pipes.close_theirs()
        self.feed_stdin()

    def _begin_input(self, user: tuple[int, int], known: set[int]) -> None:
        end = END_OF_FILE if self._terminal else b""
        self._stdin = StandardInput(self._pipes.our_stdin, self._first_input, lasts=self._asked is not None, end=end)
        self._first_input = memoryview(b"")
        if self._asked is not None:
            stdin = file_id(self._pipes.stdin if self._terminal else self._pipes.our_stdin)
            self._interaction = Interaction(self._asked, self.account, stdin, user, known, self._tell_that_it_waits)

    def _tell_that_it_waits(self) -> None:
        self._emit({"type": "waits", "run_id": self.id})

    def readers(self) -> list[int]:
        return [capture.fd for capture in self._captures if capture.open]

    def writers(self) -> list[int]:
        return [self._stdin.fd] if self._stdin.wants_to_write else []

    def feed_stdin(self) -> None:
        """Writes what fits now; closes the program's stdin after the last byte."""
        self._stdin.feed()

    def talk(self, header: dict[str, Any], body: bytearray) -> None:
        """Passes on what it is told while it runs, where it is talked to: input, a signal, the size of its terminal."""
        if self._interaction is None:
            return
        if header["type"] == "input":
            self._stdin.add(body)
            if header["closes"]:
                self._stdin.finish()
            self._stdin.feed()
        elif header["type"] == "signal" and self._status is None:
            with suppress(OSError):
                signal_session(self._config.uid, self.pid, int(header["signal"]))
        elif header["type"] == "resize" and self._terminal and self._captures[0].open:
            resize(self._captures[0].fd, int(header["rows"]), int(header["columns"]))
        self._interaction.touched()

    def _has_output(self) -> bool:
        """Whether it has printed something that was not read yet; only asked of a program that is talked to."""
        poll = select.poll()
        for fd in self.readers():
            poll.register(fd, select.POLLIN)
        return bool(poll.poll(0))

    def read_output(self, fd: int) -> None:
        for capture in self._captures:
            if capture.fd == fd and capture.open:
                self._pass_on(capture)

    def _pass_on(self, capture: Capture) -> bool:
        if self._dump is not None:
            return self._take_dump(self._dump, capture)
        kept = capture.read()
        if kept and self._interaction is not None:
            self._interaction.touched()
        if kept:
            self._emit({"type": "output", "run_id": self.id, "stream": capture.name}, kept)
        if capture.truncated:
            self.end("output")
        return bool(kept)

    def check(self) -> None:
        """Ends the run where it has exceeded a limit."""
        if self._status is None:
            user = (self._config.uid, self._config.gid)
            self.account.note_descriptors(self.pid, max(self.rlimits.open_files, MIN_OPEN_FILES), user)
            if self._interaction is not None and self._dump is None and not self._has_output():
                self._interaction.look()
        if self._dump is not None and (self._dump.is_over or self.account.exceeds_memory()):
            self.end("")
        elif self.ending is None and self._interaction is not None and self._interaction.is_over:
            self._end_at("wall")
        elif self.ending is None and (limit := self.account.exceeded()):
            self._end_at(limit)

    def next_check_s(self) -> float:
        """Seconds until it is to be checked at the latest."""
        if self._dump is not None:
            return self._dump.next_check_s()
        seconds = self.account.next_check_s()
        return seconds if self._interaction is None else min(seconds, self._interaction.next_look_s())

    def end(self, ending: str) -> None:
        """Kills everything; the ``ending`` of the first call stays."""
        if self.ending is None or self._dump is not None:
            self.ending = self.ending or ending
            kill_everything(self._config.uid)

    def _end_at(self, limit: str) -> None:
        """Ends it at a limit; at one of time not before its runtime was asked where it is, if it can tell. Its account
        and its output end here."""
        request = self._header.get("stack_dump")
        if request is None or limit not in ("wall", "cpu") or self._status is not None:
            self.end(limit)
            return
        self.ending = limit
        self.account.stop_clock()
        self._report = self.account.close(limit, killed=False, failed=True)
        for capture in [one for one in self._captures if one.open]:
            for _ in range(_MAX_PIPE_READS):
                if not self._pass_on(capture):
                    break
            capture.open = True  # if it has ended, the loop is to see that, and to forget its descriptor
        self._dump = StackDump(request)
        self._dump.ask(self._config.uid, self.pid)

    def _take_dump(self, dump: StackDump, capture: Capture) -> bool:
        data = capture.read_all()
        dump.take(capture.name, data)
        return bool(data)

    def announced_exit(self, exit_code: int) -> None:
        """The main process has sent its last words: it ends, and has nothing more to do."""
        self._exit_announced = True
        self.exited(exit_code << 8)

    def exited(self, status: int) -> None:
        """The main process has ended; ``status`` as from waitpid."""
        self._status = status if self._dump is None else signal.SIGKILL
        self.account.stop_clock()

    @property
    def is_over(self) -> bool:
        return self._status is not None

    def finish(self) -> list[str]:
        """Ends what the program left behind, takes the last output, emits ``exited``. Returns problems with that."""
        survivors = self._end_the_rest()
        self._meter.limit_tasks(None)
        self._drain()
        status = self._status or 0
        killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        exit_code = None if killed_by is not None else os.WEXITSTATUS(status)
        ending, usage = self._report or self.account.close(
            self.ending or "exited", killed=killed_by == signal.SIGKILL, failed=exit_code != 0
        )
        if killed_by == signal.SIGXFSZ:
            usage["limits_hit"].append("file_size")
        artefacts, fault = self._artefacts() if ending == "exited" and exit_code == 0 else ([], "")
        if fault:
            ending = "disk"
            usage["limits_hit"].append("disk")
        files, are_all = outputs_of(self._config, self._header, self.directory)
        if self._dump is not None and self._dump.text:
            self._emit({"type": "output", "run_id": self.id, "stream": "stack"}, self._dump.text)
        for piece in report_of(self._config, self._header, self.directory):
            self._emit({"type": "output", "run_id": self.id, "stream": "report"}, piece)
        self._emit(
            {
                "type": "exited",
                "run_id": self.id,
                "ending": ending,
                "exit_code": exit_code,
                "signal": killed_by,
                "stdout_truncated": self._captures[0].truncated,
                "stderr_truncated": len(self._captures) > 1 and self._captures[1].truncated,
                "artefacts": [{"name": name, "size": len(content)} for name, content in artefacts],
                "files": [{"name": name, "size": size, "brought": len(content)} for name, size, content in files],
                "are_all_files": are_all,
                "fault": fault,
                "warm": self._warm,
                **usage,
            },
            *(content for _, content in artefacts),
            *(content for _, _, content in files),
        )
        self._close()
        return [f"process {pid} does not end" for pid in survivors[:_MAX_PROBLEMS]]

    def _end_the_rest(self) -> list[int]:
        """Returns the pids that would not die. After last words nobody waits for that: the slot is proved clean
        later."""
        if self._exit_announced:
            kill_everything(self._config.uid)
            return []
        return end_everything(self._config.uid, self._known)

    def _drain(self) -> None:
        """Reads both streams to their end, since every writer is dead; after last words, until nothing is there."""
        deadline = time.monotonic() + _DRAIN_TIMEOUT_S
        for capture in self._captures:
            while capture.open and time.monotonic() < deadline:
                if not self._pass_on(capture) and self._exit_announced:
                    break

    def _artefacts(self) -> tuple[list[tuple[str, bytes]], str]:
        return artefacts_of(self._config, self._header, self.directory)

    def _close(self) -> None:
        for capture in self._captures:
            os.close(capture.fd)
        self._stdin.close()

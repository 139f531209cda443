"""Warm starts: the process that waits in a clean slot for its program. One process serves one task."""

from __future__ import annotations

import array
import os
import select
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass

from . import workdir
from .config import AgentConfig, RlimitSet
from .frames import encode_list
from .identity import files_as
from .landlock import restrict_caller
from .spawn import Pipes, first_for_the_oom_killer, spawn, take_descriptors

_PID = struct.Struct("!i")
_STARTS_OF_IDLENESS = 10
"""A zygote is renewed when its slot has been idle for so many times its start (20 ms; under gVisor 200): then it is
unlikely that a program comes just then, and has to wait."""
_READY_TIMEOUT_MS = 20_000
"""A JVM on a loaded machine takes its time; past this the slot starts its programs cold."""
_FIRST_CHILD_TIMEOUT_S = 45.0
"""For the start of a zygote, which imports libraries: less than a node waits for a slot (60 s)."""
_MAX_SAID_BYTES = 4096


class NoWarmStartError(Exception):
    """The zygote ended, or said nothing for too long, before it had a child. It is closed."""


@dataclass
class WaitingProcess:
    """A started process that becomes the program once ``hand_over`` is called."""

    pid: int
    pipes: Pipes
    directory: str
    control: int
    ready: int
    limits: RlimitSet
    takes_limits: bool
    """True where the limits can still be set; otherwise only a task with ``limits`` may have it."""

    def hand_over(self, command: list[str], env: dict[str, str], limits: RlimitSet) -> None:
        """Sends the program to the process, which must be ready. Raises OSError if it has ended."""
        pairs = [f"{name}={value}".encode() for name, value in env.items()]
        message = encode_list([part.encode() for part in command]) + encode_list(pairs)
        if self.takes_limits:
            message += struct.pack("!QQQ", limits.processes, limits.file_bytes, limits.open_files)
        os.set_blocking(self.control, True)
        view = memoryview(message)
        while view:
            view = view[os.write(self.control, view) :]
        self.close()

    def await_ready(self) -> bool:
        """True once the process waits for its program; False if it died or takes too long."""
        poll = select.poll()
        poll.register(self.ready, select.POLLIN)
        poll.register(self.control, 0)  # reports only that nobody reads there any more
        reported = [fd for fd, _ in poll.poll(_READY_TIMEOUT_MS)]
        return reported == [self.ready] and os.read(self.ready, 1) == b"1"

    def close(self) -> None:
        for fd in (self.control, self.ready):
            if fd >= 0:
                os.close(fd)
        self.control = self.ready = -1


class Prestart:
    """Makes waiting processes one by one: starts the language's own interpreter with its bootstrap, as the slot's
    user."""

    descriptors = 0
    renew_after_s: float | None = None
    """Each process is started for itself."""

    def __init__(self, config: AgentConfig, command: list[str]) -> None:
        self._config = config
        self._command = command

    @property
    def pids(self) -> set[int]:
        return set()

    def start(self) -> WaitingProcess:
        config = self._config
        with files_as(config.uid, config.gid):
            directory, pipes = workdir.make(), Pipes.make()
        control_read, control = os.pipe2(os.O_CLOEXEC)
        ready, ready_write = os.pipe2(os.O_CLOEXEC)
        fds = [pipes.stdin, pipes.stdout, pipes.stderr, control_read, ready_write]
        pid = spawn(self._command, config.env, directory, (config.uid, config.gid), config.limits, fds)
        pipes.close_theirs()
        os.close(control_read)
        os.close(ready_write)
        return WaitingProcess(pid, pipes, directory, control, ready, config.limits, False)


class Zygote:
    """An interpreter that is started once, and forks waiting processes; they are children of the agent, as if it had
    started them. The zygote never sees a task, so its children see none of an earlier one."""

    descriptors = 4
    """The link, and the agent's ends of its standard streams."""

    def __init__(self, config: AgentConfig, interpreter: list[str]) -> None:
        self._config = config
        self._started_s = time.monotonic()
        self.renew_after_s: float | None = None
        """After so long an idleness another one should take its place; None before its first child."""
        self._link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._link.settimeout(_FIRST_CHILD_TIMEOUT_S)
        self._stdio = Pipes.make()
        command = [*interpreter, str(config.uid), str(config.gid)]
        fds = [self._stdio.stdin, self._stdio.stdout, self._stdio.stderr, theirs.fileno()]
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _become_zygote(command, config.env, fds)
            finally:
                os._exit(127)
        theirs.close()
        self._stdio.close_theirs()

    @property
    def pids(self) -> set[int]:
        return {self.pid}

    def start(self) -> WaitingProcess:
        """Has the zygote fork a waiting process. Raises OSError if the zygote has ended, and ``NoWarmStartError`` if
        that would have been its first child."""
        config = self._config
        with files_as(config.uid, config.gid):
            directory, pipes = workdir.make(), Pipes.make()
        control_read, control = os.pipe2(os.O_CLOEXEC)
        ready, ready_write = os.pipe2(os.O_CLOEXEC)
        fds = [pipes.stdin, pipes.stdout, pipes.stderr, control_read, ready_write]
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
        try:
            pid = self._ask(directory, rights)
        except OSError as error:
            pipes.close_ours()
            os.close(control)
            os.close(ready)
            if self.renew_after_s is not None:
                raise
            said = self.said()
            self.close()
            raise NoWarmStartError(f"{error} {said}") from error
        finally:
            pipes.close_theirs()
            os.close(control_read)
            os.close(ready_write)
        if self.renew_after_s is None:
            self._link.settimeout(None)
            self.renew_after_s = _STARTS_OF_IDLENESS * (time.monotonic() - self._started_s)
        first_for_the_oom_killer(pid, (config.uid, config.gid))
        return WaitingProcess(pid, pipes, directory, control, ready, config.limits, True)

    def _ask(self, directory: str, rights: tuple[int, int, array.array[int]]) -> int:
        """The pid of a new child. Raises OSError if the zygote has ended, or takes too long for its first one."""
        self._link.sendmsg([directory.encode()], [rights])
        answer = self._link.recv(_PID.size)
        if not answer:
            raise OSError("the zygote ended")
        return int(_PID.unpack(answer)[0])

    def said(self) -> str:
        """What it has written to its standard error since the last call, as one line; most of it."""
        try:
            said = os.read(self._stdio.our_stderr, _MAX_SAID_BYTES)
        except BlockingIOError:
            return ""
        return " ".join(said.decode(errors="replace").split())

    def close(self) -> None:
        """Ends it, and waits for that. What it forked lives on."""
        self._link.close()
        self._stdio.close_ours()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _become_zygote(command: list[str], env: dict[str, str], fds: list[int]) -> None:
    restrict_caller()
    take_descriptors(fds)
    os.setsid()
    os.chdir("/")
    os.execvpe(command[0], command, env)


def start_warm(config: AgentConfig) -> Prestart | Zygote | None:
    """The maker of waiting processes that the configuration asks for. Exits where it names a kind that there is not."""
    if config.warm is None:
        return None
    if config.warm.kind == "zygote":
        return Zygote(config, config.warm.command)
    if config.warm.kind == "prestart":
        return Prestart(config, config.warm.command)
    sys.exit(f"agent: no such kind of warm start: {config.warm.kind}")

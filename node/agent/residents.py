"""What lives in the slot between runs: the zygote, the process that waits, the resident compiler; and the proof that
nothing else does."""

from __future__ import annotations

import os
import select
import time
from typing import Any

from .config import AgentConfig
from .identity import end_everything, reap_orphans, standing
from .line import Line
from .run import Run
from .server import Server
from .warm import Prestart, Waiting, Zygote, start_warm
from .wipe import wipe

_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "TZ", "MALLOC_", "GLIBC_")
"""Beginnings of variables that an interpreter or its C library reads once, when it starts."""

_SERVER_YOUTH_S = 5.0


class Residents:
    """Registers the descriptors that its processes speak on with ``poll``; the loop reads them."""

    def __init__(self, config: AgentConfig, poll: select.poll, line: Line) -> None:
        self._config = config
        self._poll = poll
        self._line = line
        self.warm: Prestart | Zygote | None = None
        self.waiting: Waiting | None = None
        self.server: Server | None = None
        self._server_started = float("-inf")
        self._own_descriptors = len(os.listdir("/proc/self/fd"))
        self._own_standing = standing()

    def pids(self) -> set[int]:
        """Long-lived processes; what waits is not one, since it becomes the program."""
        known = self.warm.pids if self.warm else set()
        return known | ({self.server.pid} if self.server else set())

    def prepare(self) -> None:
        """Gets the next process ready while nobody waits for it."""
        if self._config.server is not None:
            self.restart_dead_server()
            return
        if self.warm is None and self._config.warm is not None:
            self.warm = start_warm(self._config)
        if self.warm is not None and self.waiting is None:
            self.waiting = self.warm.start()

    def suitable(self, run: Run, header: dict[str, Any]) -> Waiting | None:
        """The waiting process if this run may have it; otherwise it is ended, so that it cannot be reached."""
        waiting, self.waiting = self.waiting, None
        if waiting is None:
            return None
        fits = waiting.takes_limits or waiting.limits == run.rlimits
        if header["warm"] and fits and not self._needs_a_start(header["env"]) and waiting.await_ready():
            return waiting
        self.discard(waiting)
        return None

    def discard(self, waiting: Waiting) -> None:
        """Nothing of it is there for the program that starts instead: neither a process nor its directory."""
        waiting.close()
        waiting.pipes.close_ours()
        end_everything(self._config.uid, self.pids())
        wipe(self._config.writable, self._config.uid, self._config.gid)

    def ended(self, pid: int) -> None:
        """A process that is no program's: without its zygote the slot is not what it was made for, and ends too."""
        if isinstance(self.warm, Zygote) and pid == self.warm.pid:
            os._exit(1)
        if self.waiting is not None and pid == self.waiting.pid:
            waiting, self.waiting = self.waiting, None
            self.discard(waiting)

    def restart_dead_server(self) -> None:
        """One that died right after its start is left dead until somebody asks for it: no loop over a broken one."""
        if time.monotonic() - self._server_started > _SERVER_YOUTH_S:
            self.start_server()

    def start_server(self) -> None:
        if self._config.server is not None and self.server is None:
            self._server_started = time.monotonic()
            self.server = Server(self._config, self._config.server)
            for fd in (self.server.answers, self.server.noise):
                self._poll.register(fd, select.POLLIN)

    def forget_server(self) -> None:
        if self.server is not None:
            for fd in (self.server.answers, self.server.noise):
                self._poll.unregister(fd)
            self.server.close()
            self.server = None

    def problems(self) -> list[str]:
        """Ends, wipes, verifies. Empty: the slot is provably clean."""
        rest = end_everything(self._config.uid, self.pids())
        reap_orphans(self.pids())
        problems = [f"process {pid} does not end" for pid in rest]
        problems += wipe(self._config.writable, self._config.uid, self._config.gid)
        if standing() != self._own_standing:
            problems.append("the agent's priority or processors were changed")
        return problems + self._strange_descriptors()

    def _strange_descriptors(self) -> list[str]:
        """Between runs we hold what we started with, the node's line, and the ends of the zygote's or the server's
        pipes."""
        expected = self._own_descriptors + self._line.descriptors
        if self.warm is not None:
            expected += self.warm.descriptors
        if self.server is not None:
            expected += Server.descriptors
        opened = len(os.listdir("/proc/self/fd"))
        return [] if opened == expected else [f"the agent holds {opened} descriptors, not {expected}"]

    def _needs_a_start(self, env: dict[str, str]) -> bool:
        """True where a variable comes too late for what waits, which was started with the slot's own."""
        late = {name for name, value in env.items() if self._config.env.get(name) != value}
        at_start = self._config.warm is not None and self._config.warm.env_at_start
        return any(at_start or name.startswith(_READ_AT_START) for name in late)

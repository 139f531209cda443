"""The resident processes of a slot, which live between runs: the zygote, the process that waits, the resident
compiler; and the proof that nothing else does (``docs/adr/0003-the-result-before-the-wipe.md``)."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import Any

from .compile_server import CompileServer
from .config import AgentConfig
from .connections import connections_left
from .identity import end_everything, reap_orphans, scheduling
from .node_connection import NodeConnection
from .run import Run
from .warm import NoWarmStartError, Prestart, WaitingProcess, Zygote, start_warm
from .wipe import wipe

_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "TZ", "MALLOC_", "GLIBC_")
"""Beginnings of variables that an interpreter or its C library reads once, when it starts."""

_SERVER_RESTART_INTERVAL_S = 5.0


class Residents:
    """Starts and ends the resident processes. Registers the resident compiler's descriptors with ``poll``; the loop
    reads them."""

    def __init__(self, config: AgentConfig, poll: select.poll, connection: NodeConnection) -> None:
        self._config = config
        self._poll = poll
        self._connection = connection
        self.warm: Prestart | Zygote | None = None
        self.waiting: WaitingProcess | None = None
        self.server: CompileServer | None = None
        self._server_started = float("-inf")
        self._starts_cold = False
        """For the slot's life: there was a zygote that could not start."""
        self._has_told = False
        self._zygote_is_used = False
        self._idle_since_s = 0.0
        self._own_descriptors = len(os.listdir("/proc/self/fd"))
        self._own_scheduling = scheduling()

    def pids(self) -> set[int]:
        """Long-lived processes; what waits is not one, since it becomes the program."""
        known = self.warm.pids if self.warm else set()
        return known | ({self.server.pid} if self.server else set())

    def prepare(self) -> None:
        """Gets the next process ready while nobody waits for it."""
        if self._config.server is not None:
            self.restart_dead_server()
            return
        if self.warm is None and self._config.warm is not None and not self._starts_cold:
            self.warm = start_warm(self._config)
        if self.warm is not None and self.waiting is None:
            self._start_waiting(self.warm)
        self._idle_since_s = time.monotonic()

    def _start_waiting(self, warm: Prestart | Zygote) -> None:
        """A zygote that cannot start is no reason to run no programs: they start cold from then on."""
        try:
            self.waiting = warm.start()
        except NoWarmStartError as error:
            self.warm, self._starts_cold = None, True
            self._leave_nothing()
            self._tell(f"programs start cold: {error}")
            return
        if isinstance(warm, Zygote) and not self._has_told:
            self._tell(warm.said())

    def _tell(self, what: str) -> None:
        """On standard error, for the node's operator, once."""
        if what and not self._has_told:
            self._has_told = True
            print(f"agent: {what}", file=sys.stderr, flush=True)  # noqa: T201

    def renew_in_s(self) -> float | None:
        """Seconds of idleness until the zygote is to be renewed; None while it has forked no program: those that it
        forks share its hash seed and its addresses (``docs/adr/0015-a-used-zygote-is-renewed-in-idle-time.md``)."""
        if not self._zygote_is_used or self.warm is None or self.warm.renew_after_s is None:
            return None
        return self._idle_since_s + self.warm.renew_after_s - time.monotonic()

    def renew(self) -> None:
        """Starts another zygote in place of the used one."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            self.discard(waiting)
        if isinstance(self.warm, Zygote):
            self.warm.close()
            self.warm = None
        self._zygote_is_used = False
        self.prepare()

    def suitable(self, run: Run, header: dict[str, Any]) -> WaitingProcess | None:
        """The waiting process if it may become this run's program; otherwise it is ended, so that the program cannot
        reach it."""
        waiting, self.waiting = self.waiting, None
        if waiting is None:
            return None
        fits = waiting.takes_limits or waiting.limits == run.rlimits
        if header["warm"] and fits and not needs_cold_start(header["env"], self._config) and waiting.await_ready():
            self._zygote_is_used = True
            return waiting
        self.discard(waiting)
        return None

    def discard(self, waiting: WaitingProcess) -> None:
        """Ends a waiting process, and wipes its directory, so that the program that starts instead finds neither."""
        waiting.close()
        waiting.pipes.close_ours()
        self._leave_nothing()

    def _leave_nothing(self) -> None:
        end_everything(self._config.uid, self.pids())
        wipe(self._config.writable, self._config.uid, self._config.gid)

    def ended(self, pid: int) -> bool:
        """A process that is not a program has ended: True if it was a resident one. Where it was a zygote that
        had children, the agent and the slot end with it."""
        if isinstance(self.warm, Zygote) and pid == self.warm.pid:
            os._exit(1)
        if self.waiting is not None and pid == self.waiting.pid:
            waiting, self.waiting = self.waiting, None
            self.discard(waiting)
            return True
        return self.server is not None and pid == self.server.pid

    def restart_dead_server(self) -> None:
        """Starts the resident compiler again, but if it died right after its start: then not before a compilation
        asks for it, so that a broken one is not started in a loop."""
        if time.monotonic() - self._server_started > _SERVER_RESTART_INTERVAL_S:
            self.start_server()

    def start_server(self) -> None:
        if self._config.server is not None and self.server is None:
            self._server_started = time.monotonic()
            self.server = CompileServer(self._config, self._config.server)
            for fd in (self.server.stdout, self.server.stderr):
                self._poll.register(fd, select.POLLIN)

    def forget_server(self) -> None:
        if self.server is not None:
            for fd in (self.server.stdout, self.server.stderr):
                self._poll.unregister(fd)
            self.server.close()
            self.server = None

    def problems(self) -> list[str]:
        """Ends what runs, wipes, verifies. Returns problems in sentences; none: the slot is provably clean."""
        rest = end_everything(self._config.uid, self.pids())
        reap_orphans(self.pids())
        problems = [f"process {pid} does not end" for pid in rest]
        problems += wipe(self._config.writable, self._config.uid, self._config.gid)
        if scheduling() != self._own_scheduling:
            problems.append("the agent's priority or processors were changed")
        return problems + connections_left() + self._strange_descriptors()

    def _strange_descriptors(self) -> list[str]:
        """A sentence where the agent holds other descriptors than between runs: those of its start, the node
        connection's, and its ends of the zygote's or the resident compiler's pipes."""
        expected = self._own_descriptors + self._connection.descriptors
        if self.warm is not None:
            expected += self.warm.descriptors
        if self.server is not None:
            expected += CompileServer.descriptors
        opened = len(os.listdir("/proc/self/fd"))
        return [] if opened == expected else [f"the agent holds {opened} descriptors, not {expected}"]


def needs_cold_start(env: dict[str, str], config: AgentConfig) -> bool:
    """True if a variable comes too late for the waiting process, which was started with the slot's own environment."""
    late = {name for name, value in env.items() if config.env.get(name) != value}
    if config.warm is None:
        return any(name.startswith(_READ_AT_START) for name in late)
    return any(config.warm.env_at_start or name.startswith(_READ_AT_START) for name in late - config.warm.late_env)

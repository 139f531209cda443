"""The agent's configuration, which the node gives when it creates the slot, and which never changes in the slot's
life."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

_ROOM_PROCESSES = 8
"""By so much the limit per user is above the cgroup's, where that one is to refuse: it counts whom it refuses."""


@dataclass(frozen=True)
class WarmConfig:
    """What waits for programs in the slot; ``docs/agent-protocol.md`` has the two kinds."""

    kind: str
    command: list[str]
    env_at_start: bool
    """True if the waiting process cannot take another environment."""
    late_env: frozenset[str] = frozenset()
    """Variables that it takes with its program, though an interpreter reads them at its start."""

    @classmethod
    def of(cls, warm: dict[str, Any]) -> WarmConfig:
        return cls(warm["kind"], list(warm["command"]), bool(warm["env_at_start"]), frozenset(warm.get("late_env", ())))


@dataclass(frozen=True)
class RlimitSet:
    """Resource limits to which the kernel holds each process (setrlimit(2))."""

    processes: int
    file_bytes: int
    open_files: int

    @classmethod
    def of(cls, limits: dict[str, Any]) -> RlimitSet:
        return cls(int(limits["processes"]), int(limits["file_bytes"]), int(limits["open_files"]))


@dataclass(frozen=True)
class AgentConfig:
    """The slot's user, environment and directories, and what waits in it."""

    uid: int
    gid: int
    env: dict[str, str]
    writable: list[str]
    """Every directory that a program can write to; ``/workspace`` is one."""
    limits: RlimitSet
    warm: WarmConfig | None
    server: list[str] | None
    """The command of the resident compiler, in a compile slot that has one."""
    counted_processes: int = 0
    """The limit of processes to which the slot's cgroup holds a run that is granted just that. A run with another limit
    is held to it by the kernel's limit per user."""

    @property
    def long_lived(self) -> int:
        """Processes of the slot that no run is charged for: the agent, and the zygote."""
        return 1 + (self.warm is not None and self.warm.kind == "zygote")

    def counted(self) -> AgentConfig:
        """The same for a slot whose cgroup holds runs to ``limits.processes``."""
        counted = replace(self, counted_processes=self.limits.processes)
        return replace(counted, limits=counted.rlimits(self.limits))

    def rlimits(self, limits: RlimitSet) -> RlimitSet:
        """The kernel's limits for a run that is granted ``limits``."""
        if limits.processes != self.counted_processes:
            return limits
        return replace(limits, processes=limits.processes + _ROOM_PROCESSES)

    @classmethod
    def parse(cls, text: str) -> AgentConfig:
        """The configuration in its JSON. Raises KeyError or ValueError for a configuration that is not one."""
        raw = json.loads(text)
        warm = raw.get("warm")
        return cls(
            uid=int(raw["uid"]),
            gid=int(raw["gid"]),
            env=dict(raw["env"]),
            writable=list(raw["writable"]),
            limits=RlimitSet.of(raw["limits"]),
            warm=WarmConfig.of(warm) if warm else None,
            server=list(raw["server"]) if raw.get("server") else None,
        )

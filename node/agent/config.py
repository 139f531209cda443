"""What the node says when it creates the slot; it never changes in the slot's life."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WarmConfig:
    kind: str
    command: list[str]
    env_at_start: bool


@dataclass(frozen=True)
class RlimitSet:
    """Limits the kernel holds each process to."""

    processes: int
    file_bytes: int
    open_files: int

    @classmethod
    def of(cls, limits: dict[str, Any]) -> RlimitSet:
        return cls(int(limits["processes"]), int(limits["file_bytes"]), int(limits["open_files"]))


@dataclass(frozen=True)
class AgentConfig:
    uid: int
    gid: int
    env: dict[str, str]
    writable: list[str]
    """Every directory that a program can write to; ``/workspace`` is one."""
    limits: RlimitSet
    warm: WarmConfig | None
    server: list[str] | None

    @classmethod
    def parse(cls, text: str) -> AgentConfig:
        """Raises KeyError or ValueError for a configuration that is not one."""
        raw = json.loads(text)
        warm = raw.get("warm")
        return cls(
            uid=int(raw["uid"]),
            gid=int(raw["gid"]),
            env=dict(raw["env"]),
            writable=list(raw["writable"]),
            limits=RlimitSet.of(raw["limits"]),
            warm=WarmConfig(warm["kind"], list(warm["command"]), bool(warm["env_at_start"])) if warm else None,
            server=list(raw["server"]) if raw.get("server") else None,
        )

"""What the OCI runtimes that we know need, and cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from node.infrastructure.docker.engine.client import EngineError


class RuntimeUnknownError(EngineError):
    """The engine has no OCI runtime of that name."""


@dataclass(frozen=True, slots=True)
class RuntimeTraits:
    memory_bytes: int = 0
    """What its own processes take of a container's memory."""
    fixed_tasks: int = 0
    """Its own processes and threads in a container's account, whatever runs there."""
    tasks_per_process: int = 1
    """What one process of a program counts for in the container's account."""
    resizes: bool = True
    """The memory limit of a running container can be changed."""
    tells_kills: bool = True
    """A program inside can see that the kernel ended another for want of memory."""
    has_host_sockets: bool = True
    """A process of the host can connect to a socket in a container's network namespace."""
    gives_back: bool = True
    """Memory that a program had its kernel take is free again for the next one."""


NATIVE = RuntimeTraits()
"""The host's own kernel runs the programs: runc, crun."""


def traits_of(name: str, known: Mapping[str, Any]) -> RuntimeTraits:
    """``known``: what the engine was told of each of its runtimes. Raises RuntimeUnknownError."""
    if name not in known:
        raise RuntimeUnknownError(f"the engine knows no OCI runtime {name}; it knows {', '.join(sorted(known))}")
    told = known[name] or {}
    if "runsc" in f"{name} {told.get('path', '')} {told.get('runtimeType', '')}":
        # gVisor's kernel is a process of the container: 12 MiB, some 30 threads, and up to two more for each process.
        return RuntimeTraits(
            memory_bytes=64 << 20,
            fixed_tasks=128,
            tasks_per_process=2,
            resizes=False,
            tells_kills=False,
            has_host_sockets=False,
            gives_back=False,
        )
    return NATIVE

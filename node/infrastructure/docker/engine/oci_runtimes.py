"""The traits of OCI runtimes: what they need beyond a program's own share, and what they cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from node.infrastructure.docker.engine.client import EngineError


class RuntimeUnknownError(EngineError):
    """The engine has no OCI runtime of that name."""


@dataclass(frozen=True, slots=True)
class RuntimeTraits:
    """What one OCI runtime needs, and what it can do."""

    memory_bytes: int = 0
    """The part of a container's memory that its own processes take."""
    fixed_tasks: int = 0
    """The number of its own processes and threads in a container, whatever runs there."""
    tasks_per_process: int = 1
    """The number of tasks that the kernel counts for one process of a program."""
    resizes: bool = True
    """Whether the memory limit of a running container can be changed."""
    tells_kills: bool = True
    """Whether a program inside can see that the kernel ended another for want of memory."""
    has_host_sockets: bool = True
    """Whether a process of the host can connect to a socket in a container's network namespace."""
    shares_accounts: bool = True
    """Whether a program inside reads the account of the container's memory that the host keeps."""
    gives_back: bool = True
    """Whether memory that a program made its kernel take is free again for the next program."""


NATIVE = RuntimeTraits()
"""The traits of runc and crun, under which the host's own kernel runs the programs."""


def traits_of(name: str, known: Mapping[str, Any]) -> RuntimeTraits:
    """The traits of the OCI runtime ``name``. ``known``: the engine's runtimes with their configuration. Raises
    RuntimeUnknownError."""
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
            shares_accounts=False,
            gives_back=False,
        )
    return NATIVE

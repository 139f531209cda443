"""The settings of a Docker sandbox: what an operator may choose about the containers of one node."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sandbox import SECCOMP_PATH


class Isolation(StrEnum):
    """What is done with a slot after its task."""

    REUSE = "reuse"
    """The slot is wiped, verified clean and used again."""
    SINGLE_USE = "single-use"
    """The slot is destroyed; its replacement was created ahead of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSettings:
    """The settings of one node's containers."""

    node_id: str
    """The node that owns the containers: a node adopts only its own."""
    socket: str = "unix:///var/run/docker.sock"
    """The engine's address: a Unix socket."""
    prefix: str = "coderunner"
    """The first part of the names and labels of containers and images."""
    uid_base: int = 200_000
    """The lowest user id that a slot is given; each slot of the host has another (ADR 0002)."""
    concurrency: int = 2
    """The greatest number of run slots of one language at once."""
    compile_slots: int = 2
    """The greatest number of compile slots of one language at once (ADR 0004)."""
    oci_runtime: str = "runc"
    """The OCI runtime of the containers: ``runc``, ``crun``, ``runsc``, or any that the engine knows."""
    isolation: Isolation = Isolation.REUSE
    spare: int = 1
    """The number of slots of each language and role that always exist (reuse), or that always wait unused (single
    use)."""
    retire_after: int = 500
    """The number of launches after which a slot is replaced."""
    idle_shrink_s: float = 300.0
    """The time after which slots that were never needed in it are removed, but for ``spare``."""
    memory_bytes: int = 256 << 20
    """The memory that a run slot grants before a task asks for another amount."""
    disk_bytes: int = 64 << 20
    """The size of a run slot's work directory."""
    processes: int = 64
    """The number of processes and threads that a run slot grants."""
    cpus: float = 2.0
    """The number of processors that one slot may use; never more than the host has."""
    seccomp_path: Path = SECCOMP_PATH
    patience_s: float = 5.0
    """The time within which a slot must answer; one that does not is destroyed."""
    start_patience_s: float = 60.0
    """The same for a slot that has just been created: an interpreter or a JVM starts in it, perhaps beside others."""
    direct: bool = True
    """Whether agents are spoken to past the engine where that is possible (ADR 0009)."""
    precompiled_bytes: int = 1536 << 20
    """The most that precompiled headers of one image may take on the host's disk; 0: none are made (ADR 0020)."""
    layers_volume: str = ""
    """The volume of the engine with layers of packages (ADR 0040); empty: tasks name none."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables added to the environment of the agent in every container. Never the host's."""

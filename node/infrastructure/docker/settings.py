"""What an operator may choose about the containers of one node."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sandbox import SECCOMP_PATH


class Isolation(StrEnum):
    """What becomes of a slot after its task."""

    REUSE = "reuse"
    """Wiped, verified clean, used again."""
    SINGLE_USE = "single-use"
    """Destroyed; its replacement was created ahead of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSettings:
    node_id: str
    """Whose containers these are: a node adopts only its own."""
    socket: str = "unix:///var/run/docker.sock"
    """The engine's address: a Unix socket."""
    prefix: str = "coderunner"
    """Begins the names and labels of containers and images."""
    uid_base: int = 200_000
    """First user id given to a slot; each slot of the host has another."""
    concurrency: int = 2
    """The most run slots of one language at once."""
    compile_slots: int = 2
    """The most compile slots of one language at once."""
    oci_runtime: str = "runc"
    """``runc``, ``crun``, ``runsc``, or any runtime that the engine knows."""
    isolation: Isolation = Isolation.REUSE
    spare: int = 1
    """Slots of each language and role that always exist (reuse), or that always wait unused (single use)."""
    retire_after: int = 500
    """Launches after which a slot is replaced."""
    idle_shrink_s: float = 300.0
    """As many slots as were never needed for this long are removed, but ``spare``."""
    memory_bytes: int = 256 << 20
    """Memory that a run slot grants before a task asks for another amount."""
    disk_bytes: int = 64 << 20
    """Size of a run slot's work directory."""
    processes: int = 64
    """Processes and threads that a run slot grants."""
    cpus: float = 2.0
    """Processors that one slot may use; never more than the host has."""
    seccomp_path: Path = SECCOMP_PATH
    patience_s: float = 5.0
    """A slot that does not answer within this is destroyed."""
    start_patience_s: float = 60.0
    """The same for a slot that has just been created: an interpreter or a JVM starts in it, perhaps beside others."""
    direct: bool = True
    """Speak to slots past the engine where that can be."""
    environment: dict[str, str] = field(default_factory=dict)
    """Added to the environment of the agent in every container. Never the host's."""

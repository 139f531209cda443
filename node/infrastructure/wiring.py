"""The mapping of the node's settings to what each of its parts is told."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from chassis.process import version
from chassis.settings import ConfigurationError
from node.application.attempt import Attempts
from node.application.heartbeat import Identity
from node.application.ports import SandboxPool
from node.domain.load import Thresholds
from node.infrastructure.added_languages import ChosenLanguages
from node.infrastructure.blob_cache import CachedBlobs, Fetching
from node.infrastructure.docker.pool.pool import DockerSandboxPool
from node.infrastructure.docker.settings import DockerSettings, Isolation
from node.infrastructure.language_changes import LanguageChanges
from node.infrastructure.languages import load_languages
from node.infrastructure.settings import CORES, NodeSettings
from node.infrastructure.simulated_sandbox import SimulatedSandboxPool
from node.infrastructure.slot_figures import SlotFigures
from schemas.names import INBOX_NODE, inbox_of


class StartedPool(SandboxPool, Protocol):
    """A pool with a life of its own."""

    async def start(self) -> None: ...
    async def close(self) -> None: ...
    def trouble(self) -> str:
        """Why no program can be run now; empty where one can."""
        ...

    def slot_figures(self) -> Sequence[SlotFigures]:
        """The slots of each language and role."""
        ...

    def unserved(self) -> Mapping[str, str]:
        """The configured languages that are not served yet, or not as they are now, with the reason."""
        ...


def sandboxes(settings: NodeSettings, name: str) -> StartedPool:
    """The pool of sandboxes that the settings ask for. Raises LanguageFileError, ConfigurationError."""
    if settings.sandbox == "simulated":
        return SimulatedSandboxPool(settings.simulated_languages, settings.simulated_run_ms)
    every = load_languages(settings.languages_dir)
    unknown = set(settings.languages) - {name for language in every for name in (language.name, language.id)}
    if unknown:
        raise ConfigurationError(f"setting languages: {settings.languages_dir} has no {min(unknown)}")
    wanted, _ = ChosenLanguages(settings).read()
    return DockerSandboxPool(
        languages=wanted,
        settings=DockerSettings(
            node_id=name,
            socket=settings.docker_socket,
            prefix=settings.docker_prefix,
            uid_base=settings.uid_base,
            concurrency=settings.concurrency + settings.sessions,
            compile_slots=settings.concurrency,
            oci_runtime=settings.oci_runtime,
            isolation=Isolation(settings.isolation),
            spare=settings.spare_slots,
            retire_after=settings.retire_after,
            idle_shrink_s=settings.idle_shrink_s,
            memory_bytes=settings.slot_memory_bytes,
            disk_bytes=settings.slot_disk_bytes,
            processes=settings.slot_processes,
            cpus=settings.slot_cpus,
            direct=settings.slot_direct,
            precompiled_bytes=settings.precompiled_mib << 20,
            seccomp_path=settings.seccomp_path,
        ),
    )


async def follow_choice(choice: ChosenLanguages, pool: StartedPool, attempts: Attempts) -> None:
    """Has the pool follow its operator's choice of languages, for ever. Returns for a pool that has no images."""
    if isinstance(pool, DockerSandboxPool):
        await LanguageChanges(choice, pool, attempts).run()


def identity(settings: NodeSettings, name: str, started_at_ms: int) -> Identity:
    """The part of the node's record that its settings and its machine decide."""
    return Identity(
        id=name,
        host=socket.gethostname(),
        pools=tuple(settings.pools),
        labels=settings.labels,
        capacity=settings.concurrency,
        cores=CORES,
        version=version(),
        sandbox_runtime=runtime(settings),
        started_at_ms=started_at_ms,
        thresholds=Thresholds(settings.cpu_alarm_percent, settings.memory_alarm_percent, settings.disk_alarm_percent),
    )


def own_inbox(settings: NodeSettings) -> str:
    """The prefix of reply subjects: who enters as one user hears no other's."""
    return inbox_of(settings.nats_user) if settings.nats_user else INBOX_NODE


def runtime(settings: NodeSettings) -> str:
    """The name of what runs the sandboxes: the OCI runtime, or ``simulated``."""
    return settings.oci_runtime if settings.sandbox == "docker" else "simulated"


def blob_cache(settings: NodeSettings, name: str, source: Fetching) -> CachedBlobs:
    """The cache of blobs in front of where they come from; each node has a folder of its own."""
    return CachedBlobs(source, settings.state_dir.expanduser() / "blobs" / name, settings.blob_cache_bytes)


def nearest_existing(path: Path) -> Path:
    """The path or the nearest folder above it that is there."""
    path = path.expanduser().absolute()
    return next(place for place in (path, *path.parents) if place.exists())

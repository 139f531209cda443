"""The mapping of the node's settings to what each of its parts is told."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from chassis.process import version
from chassis.settings import ConfigurationError
from node.application.attempt import Attempts
from node.application.heartbeat import Identity
from node.application.layer_book import LayerBook
from node.application.packages import Packages
from node.application.ports import Announcer, SandboxPool
from node.domain.load import Thresholds
from node.infrastructure.added_languages import ChosenLanguages
from node.infrastructure.blob_cache import CachedBlobs, Fetching
from node.infrastructure.docker.layers.store import DockerLayers, LayerSettings
from node.infrastructure.docker.pool.pool import DockerSandboxPool
from node.infrastructure.docker.settings import DockerSettings, Isolation
from node.infrastructure.docker.slot.agent_image import agent_files
from node.infrastructure.identity import kept_secret
from node.infrastructure.language_changes import LanguageChanges
from node.infrastructure.languages import load_languages
from node.infrastructure.metrics import Metrics
from node.infrastructure.package_index.places import Places
from node.infrastructure.settings import CORES, NodeSettings
from node.infrastructure.simulated_sandbox import SimulatedSandboxPool
from node.infrastructure.slot_figures import SlotFigures
from schemas.names import INBOX_NODE, inbox_of
from schemas.packages import kinds


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
            layers_volume=f"{settings.docker_prefix}-layers-{name}" if settings.package_indexes else "",
        ),
        layers=_layers(settings),
    )


def _layers(settings: NodeSettings) -> DockerLayers | None:
    """Where packages are installed; None where there is no index. Raises ConfigurationError, OSError."""
    if not settings.package_indexes:
        return None
    unknown = settings.package_indexes.keys() - kinds()
    if unknown:
        raise ConfigurationError(f"setting package_indexes: there are no packages of the kind {min(unknown)!r}")
    try:
        places = {kind: Places(said.split()) for kind, said in settings.package_indexes.items()}
        tls = ssl.create_default_context(cafile=settings.package_index_ca)
    except (ValueError, ssl.SSLError, OSError) as error:
        raise ConfigurationError(f"settings package_indexes, package_index_ca: {error}") from error
    layers = LayerSettings(
        places=places,
        tls=tls,
        installations=settings.package_installations,
        secret=kept_secret(settings.state_dir, "layers.key"),
    )
    return DockerLayers(layers, agent_files())


def packages_of(settings: NodeSettings, pool: StartedPool, announcer: Announcer, metrics: Metrics) -> Packages | None:
    """What lends tasks their packages; None where there is no index."""
    if not isinstance(pool, DockerSandboxPool) or pool.layers is None:
        return None
    packages = Packages(
        pool.layers,
        announcer,
        LayerBook(settings.packages_mib << 20),
        installations=settings.package_installations,
        waiting=max(1, settings.concurrency // 2),
        refresh_s=settings.package_refresh_s,
        clock=time.time,
    )
    book = packages.book
    metrics.watch("layers", "Sets of packages that are installed.", lambda: book.layers)
    metrics.watch("layer_bytes", "Disk that these take.", lambda: book.size)
    metrics.watch_count("packages_installed", "Installations that were made.", lambda: packages.installed)
    metrics.watch_count("packages_found", "Tasks that found theirs installed.", lambda: packages.found)
    metrics.watch_count("packages_put_off", "Tasks that others' stood in the way of.", lambda: packages.put_off)
    return packages


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

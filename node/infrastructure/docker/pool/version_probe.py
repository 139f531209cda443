"""Asks a toolchain for its version, in its own sandbox."""

from __future__ import annotations

import re

from node.application.ports import Sandbox
from node.domain.language import Language
from node.domain.sandbox import Launch
from node.infrastructure.docker.settings import DockerSettings
from schemas.task import Limits


class VersionUnknownError(Exception):
    """The toolchain did not run, or its answer contains no version."""


def probe_limits(settings: DockerSettings) -> Limits:
    """The limits of the probe: those of a run slot as it is, and time enough for a JVM on a slow machine."""
    return Limits(
        cpu_ms=60_000,
        wall_ms=120_000,
        memory_bytes=settings.memory_bytes,
        processes=settings.processes,
        output_bytes=64 << 10,
        disk_bytes=settings.disk_bytes,
        open_files=256,
        file_bytes=settings.disk_bytes,
    )


async def probe(sandbox: Sandbox, language: Language, limits: Limits) -> str:
    """The version that the language's own command prints. Raises VersionUnknownError, SandboxLostError."""
    launch = Launch(files={}, command=language.version_command, limits=limits, warm=False)
    outcome = await sandbox.run(launch, lambda stream, data: None)
    said = (outcome.stdout + outcome.stderr).decode(errors="replace")
    found = re.search(language.version_pattern, said)
    if found is None:
        raise VersionUnknownError(f"{' '.join(language.version_command)} ended ({outcome.ending}) with: {said[:300]!r}")
    return found.group(1)

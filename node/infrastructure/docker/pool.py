"""Warm slots for every language, handed to one task at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from node.application.ports import Sandbox
from node.domain.language import Language
from node.domain.sandbox import Role
from node.infrastructure.docker.settings import DockerSettings
from schemas.task import Limits


class DockerSandboxPool:
    """A ``SandboxPool`` of long-lived containers. ``start`` before use, ``close`` after."""

    def __init__(self, *, languages: Sequence[Language], settings: DockerSettings) -> None:
        self._languages = tuple(languages)
        self._settings = settings

    async def start(self) -> None:
        """Returns when at least one slot of each language and role is ready. Raises EngineError."""
        raise NotImplementedError

    async def close(self) -> None:
        """Stops the containers and keeps them for the next start. Bounded in time; raises nothing."""
        raise NotImplementedError

    def languages(self) -> Sequence[tuple[Language, str]]:
        """What is served, with the probed version of each."""
        raise NotImplementedError

    @asynccontextmanager
    async def slot(self, language: Language, role: Role, limits: Limits) -> AsyncIterator[Sandbox]:
        """A slot that is verified clean, whose container grants ``limits`` memory, processes and disk."""
        raise NotImplementedError
        yield

"""The languages that this node serves. One that cannot be served yet is tried again until it can."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence, Set
from typing import Any

import structlog

from chassis.backoff import Backoff
from node.domain.language import Language
from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.pool.version_probe import VersionUnknownError

NOT_YET = (EngineError, LookupError, SandboxLostError, VersionUnknownError)
"""The errors whose cause may go away while the node runs: an image is built, the engine gets room."""
NOT_TRIED = "not tried yet"
BETWEEN_TRIES = Backoff(base_s=0.5, max_s=30.0)

Prepare = Callable[[Language], Awaitable[str]]
"""Makes the language's slots ready and returns its version. Raises one of NOT_YET, and may be called again then."""

_log = structlog.get_logger(__name__)


class ServedLanguages:
    """The languages that are wanted, those of them that are served, and the attempts to serve the others."""

    def __init__(self, languages: Sequence[Language], prepare: Prepare, dismiss: Callable[[str], None]) -> None:
        """``dismiss`` is told the id of one that was made ready and is wanted no longer."""
        self._wanted = {language.id: language for language in languages}
        self._prepare = prepare
        self._dismiss = dismiss
        self._prepared: dict[str, tuple[Language, str]] = {}
        self._outdated: set[str] = set()
        """Served, and to be made ready once more."""
        self._trying: set[str] = set()
        self._preparing: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._served: tuple[tuple[Language, str], ...] = ()

    @property
    def served(self) -> Sequence[tuple[Language, str]]:
        """The languages that are served, with their versions, in the configured order. It is the same object until
        that changes."""
        return self._served

    @property
    def wanted(self) -> Sequence[Language]:
        """The languages that are to be served."""
        return tuple(self._wanted.values())

    def wants(self, language_id: str) -> bool:
        """True if it is to be served."""
        return language_id in self._wanted

    def serves(self, language_id: str) -> bool:
        """True if it is served, as it is or as it was."""
        return language_id in self._prepared

    def want(self, languages: Sequence[Language], renewed: Set[str]) -> Set[str]:
        """These are to be served from now on, and no others. Those ``renewed`` (ids), or of another definition than
        before, are served as they were until they are ready once more. Returns the ids of those that are wanted no
        longer."""
        before = self._wanted
        self._wanted = {language.id: language for language in languages}
        gone = before.keys() - self._wanted.keys()
        for one in gone:
            self._prepared.pop(one, None)
        for one in gone | renewed:
            self._reasons.pop(one, None)
        self._outdated = (self._outdated | renewed) & self._prepared.keys()
        self._tell()
        return gone

    def unserved(self) -> Mapping[str, str]:
        """The languages that are not served, or not yet as they are now, by id, with the reason."""
        missing = {language.id for language in self._missing()} | (self._preparing & self._wanted.keys())
        return {one: self._reasons.get(one, NOT_TRIED) for one in self._wanted if one in missing}

    async def try_each(self) -> None:
        """Tries once to serve each language that is not served. What fails is logged."""
        await asyncio.gather(*(self._try(language) for language in self._missing()), return_exceptions=True)

    def further_tries(self) -> list[Coroutine[Any, Any, None]]:
        """Work for the background, one piece for each language that is not served and not being tried: it ends when
        the language is, or is wanted no longer."""
        missing = [language.id for language in self._missing() if language.id not in self._trying]
        self._trying.update(missing)
        return [self._try_until_served(one) for one in missing]

    def _missing(self) -> list[Language]:
        return [language for language in self._wanted.values() if self._is_missing(language)]

    def _is_missing(self, language: Language) -> bool:
        prepared = self._prepared.get(language.id)
        return prepared is None or prepared[0] != language or language.id in self._outdated

    async def _try_until_served(self, language_id: str) -> None:
        try:
            while True:
                async for attempt in BETWEEN_TRIES.retrying(on=NOT_YET):
                    with attempt:
                        language = self._wanted.get(language_id)
                        if language is None or not self._is_missing(language):
                            return
                        await self._try(language)
        finally:
            self._trying.discard(language_id)

    async def _try(self, language: Language) -> None:
        name = language.id
        self._outdated.discard(name)
        self._preparing.add(name)
        try:
            version = await self._prepare(language)
        except NOT_YET as error:
            if self._prepared.get(name):
                self._outdated.add(name)
            if self.wants(name) and self._reasons.get(name) != str(error):
                _log.error("language_not_served", language=name, image=language.image, reason=str(error))
                self._reasons[name] = str(error)
            raise
        finally:
            self._preparing.discard(name)
            if not self.wants(name):
                self._dismiss(name)
        if not self.wants(name):
            return
        self._prepared[name] = (language, version)
        self._tell()
        if self._reasons.pop(name, None) is not None:
            _log.info("language_served_after_all", language=name, version=version)

    def _tell(self) -> None:
        served = tuple(self._prepared[one] for one in self._wanted if one in self._prepared)
        if served != self._served:
            self._served = served

"""The languages that this node serves. One that cannot be served yet is tried again until it can."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import structlog

from chassis.backoff import Backoff
from node.domain.language import Language
from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.pool.version_probe import VersionUnknownError

NOT_YET = (EngineError, LookupError, SandboxLostError, VersionUnknownError)
"""The errors whose cause may go away while the node runs: an image is built, the engine gets room."""
BETWEEN_TRIES = Backoff(base_s=0.5, max_s=30.0)

Prepare = Callable[[Language], Awaitable[str]]
"""Makes the language's slots ready and returns its version. Raises one of NOT_YET, and may be called again then."""

_log = structlog.get_logger(__name__)


class ServedLanguages:
    """The configured languages, those of them that are served, and the attempts to serve the others."""

    def __init__(self, languages: Sequence[Language], prepare: Prepare) -> None:
        self._languages = tuple(languages)
        self._prepare = prepare
        self._versions: dict[str, str] = {}
        self._reasons: dict[str, str] = {}
        self._served: tuple[tuple[Language, str], ...] = ()

    @property
    def served(self) -> Sequence[tuple[Language, str]]:
        """The languages that are served, with their versions, in the configured order. It is the same object until
        another language is served."""
        return self._served

    def unserved(self) -> Mapping[str, str]:
        """The languages that are not served, with the reason."""
        return {one.name: self._reasons.get(one.name, "not tried yet") for one in self._missing()}

    async def try_each(self) -> None:
        """Tries once to serve each language that is not served. What fails is logged."""
        await asyncio.gather(*(self._try(language) for language in self._missing()), return_exceptions=True)

    def further_tries(self) -> list[Coroutine[Any, Any, None]]:
        """Work for the background, one piece for each language that is not served: it ends when the language is."""
        return [self._try_until_served(language) for language in self._missing()]

    def _missing(self) -> list[Language]:
        return [language for language in self._languages if language.name not in self._versions]

    async def _try_until_served(self, language: Language) -> None:
        async for attempt in BETWEEN_TRIES.retrying(on=NOT_YET):
            with attempt:
                await self._try(language)

    async def _try(self, language: Language) -> None:
        name = language.name
        try:
            self._versions[name] = await self._prepare(language)
        except NOT_YET as error:
            if self._reasons.get(name) != str(error):
                _log.error("language_not_served", language=name, image=language.image, reason=str(error))
            self._reasons[name] = str(error)
            raise
        self._served = tuple((one, self._versions[one.name]) for one in self._languages if one.name in self._versions)
        if name in self._reasons:
            _log.info("language_served_after_all", language=name, version=self._versions[name])

"""Which languages are served. One that cannot be is tried again for as long as that takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import stamina
import structlog

from node.domain.language import Language
from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.pool.version_probe import VersionUnknownError

NOT_YET = (EngineError, LookupError, SandboxLostError, VersionUnknownError)
"""What may be put right while the node runs: an image is built, the engine gets room."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0

Bring = Callable[[Language], Awaitable[str]]
"""Makes the language's slots ready and returns its version. Raises one of NOT_YET. May be called again then."""

_log = structlog.get_logger(__name__)


class ServedLanguages:
    def __init__(self, languages: Sequence[Language], bring: Bring) -> None:
        self._languages = tuple(languages)
        self._bring = bring
        self._versions: dict[str, str] = {}
        self._reasons: dict[str, str] = {}
        self._served: tuple[tuple[Language, str], ...] = ()

    @property
    def served(self) -> Sequence[tuple[Language, str]]:
        """With their versions, in the order in which they were given. The same object until one joins in."""
        return self._served

    async def try_each(self) -> None:
        """One try for each that is not served. What fails is logged."""
        await asyncio.gather(*(self._try(language) for language in self._missing()), return_exceptions=True)

    def further_tries(self) -> list[Coroutine[Any, Any, None]]:
        """Work for the background, one for each that is not served: each ends when its language is."""
        return [self._persist(language) for language in self._missing()]

    def _missing(self) -> list[Language]:
        return [language for language in self._languages if language.name not in self._versions]

    async def _persist(self, language: Language) -> None:
        async for attempt in stamina.retry_context(
            on=NOT_YET, attempts=None, timeout=None, wait_initial=FIRST_PAUSE_S, wait_max=LONGEST_PAUSE_S
        ):
            with attempt:
                await self._try(language)

    async def _try(self, language: Language) -> None:
        name = language.name
        try:
            self._versions[name] = await self._bring(language)
        except NOT_YET as error:
            if self._reasons.get(name) != str(error):
                _log.error("language not served", language=name, image=language.image, reason=str(error))
            self._reasons[name] = str(error)
            raise
        self._served = tuple((one, self._versions[one.name]) for one in self._languages if one.name in self._versions)
        if name in self._reasons:
            _log.info("language served after all", language=name, version=self._versions[name])

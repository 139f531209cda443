"""What a running node does when its operator adds or removes a language."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from typing import Protocol

import structlog

from chassis.background import Background
from node.application.attempt import Attempt, Attempts
from node.domain.language import Language
from node.infrastructure.languages import LanguageFileError

LOOK_EVERY_S = 0.5
"""A look is one call of stat."""

_log = structlog.get_logger(__name__)


class Wanted(Protocol):
    """The languages that the node is to serve (``ChosenLanguages``)."""

    def changed(self) -> bool: ...
    def read(self) -> tuple[Sequence[Language], Set[str]]: ...
    def followed(self) -> None: ...


class ChangingPool(Protocol):
    """A pool whose languages come and go."""

    def serve(self, languages: Sequence[Language], renewed: Set[str]) -> Set[str]: ...
    async def dismiss(self, languages: Set[str]) -> None: ...


class LanguageChanges:
    """Has the pool serve what is wanted. What runs in a language that goes is finished first."""

    def __init__(self, wanted: Wanted, pool: ChangingPool, attempts: Attempts) -> None:
        self._wanted = wanted
        self._pool = pool
        self._attempts = attempts
        self._background = Background()
        self._told = ""

    async def run(self) -> None:
        """Looks for ever."""
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self.look()
        finally:
            await self._background.close()

    async def look(self) -> None:
        """Looks once. A file that cannot be used changes nothing, and is told of once."""
        try:
            if not self._wanted.changed():
                return
            languages, renewed = await asyncio.to_thread(self._wanted.read)
        except (LanguageFileError, OSError) as error:
            if str(error) != self._told:
                _log.error("languages_not_read", error=str(error))
            self._told = str(error)
            return
        self._told = ""
        gone = self._pool.serve(languages, renewed)
        self._wanted.followed()
        _log.info(
            "languages_wanted", languages=[one.id for one in languages], gone=sorted(gone), renewed=sorted(renewed)
        )
        if gone:
            self._background.spawn(self._dismiss(gone, set(self._attempts)))

    async def _dismiss(self, gone: Set[str], attempts: Set[Attempt]) -> None:
        """A task may hold no slot while it goes from its compiler to its program: all of ``attempts`` end first."""
        await self._attempts.wait_until_settled(attempts)
        await self._pool.dismiss(gone)
        _log.info("languages_gone", languages=sorted(gone))

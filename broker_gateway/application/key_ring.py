"""The API keys that this gateway knows in memory, so that no call of a known one waits for the database."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Unavailable
from broker_gateway.application.identity import Identity
from broker_gateway.application.key_ports import KeyStore, KeysUnavailableError
from broker_gateway.domain.api_key import PREFIX, PUBLISHABLE_PREFIX, ApiKey, KeySecret
from broker_gateway.domain.quota import TokenBucket

AT_ONCE = 500
"""Keys that one statement asks for."""
_AWAY = Unavailable("whose key this is cannot be told now: the database does not answer; try again")
_TOO_MANY = Unavailable("too many keys are shown that this gateway has not seen yet; try again")
_log = structlog.get_logger(__name__)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class KeyRingSettings:
    """How long what the database said is believed, and how much of it is remembered."""

    check_every_s: float = 2.0
    """A revoked key is refused after so long, and the time that the database takes."""
    kept_s: float = 600.0
    """A known key goes on for so long while the database is away."""
    unused_s: float = 600.0
    """One that nobody shows is forgotten after so long."""
    unknown_s: float = 30.0
    """For so long the database is not asked again for an id that it does not have."""
    note_use_every_s: float = 900.0
    max_known: int = 10_000
    max_unknown: int = 10_000
    lookups_per_s: float = 20.0
    """Of keys that are not known yet: whoever makes them up must not keep the database busy."""
    lookups_at_once: int = 100


@dataclass(slots=True)
class _Known:
    key: ApiKey
    asked_at_s: float
    """When the database was first asked for it."""
    checked_at_s: float
    used_at_s: float = float("-inf")
    noted_at_s: float = float("-inf")
    """When the database was told of a use."""


class KeyRing:
    """Implements ``Verifier`` for API keys. ``run`` asks the database every ``check_every_s`` for all that is known."""

    def __init__(
        self,
        store: KeyStore,
        settings: KeyRingSettings | None = None,
        *,
        now_ms: Callable[[], int] = wall_clock_ms,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._settings = settings or KeyRingSettings()
        self._now_ms = now_ms
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._unknown: OrderedDict[str, float] = OrderedDict()
        """Id to the moment until which it is believed to be nobody's."""
        self._asked: dict[str, asyncio.Task[ApiKey | None]] = {}
        burst = self._settings.lookups_at_once
        self._lookups = TokenBucket(self._settings.lookups_per_s, burst, float(burst), self._at_ms())
        self._is_away = False

    def takes(self, token: str) -> bool:
        return token.startswith((PREFIX, PUBLISHABLE_PREFIX))

    async def identity(self, token: str) -> Identity | Unavailable | None:
        secret = KeySecret.parse(token)
        if secret is None:
            return None
        now_s, known = self._monotonic_s(), self._known.get(secret.id)
        if known is not None and now_s - known.checked_at_s <= self._settings.kept_s:
            self._known.move_to_end(secret.id)
            key: ApiKey | None = known.key
        elif self._unknown.get(secret.id, 0.0) > now_s:
            key = None
        else:
            answer = await self._look_up(secret.id)
            if isinstance(answer, Unavailable):
                return answer
            key = answer
        if key is None or not key.is_valid(secret, self._now_ms()):
            return None
        self._note_used(key.id, now_s)
        return Identity(key.client, key.all_roles, key.rate, key.page)

    def forget(self, key_id: str) -> None:
        """The next call with this key asks the database."""
        self._known.pop(key_id, None)

    async def run(self) -> None:
        """Keeps what is known in step with the database, for ever."""
        while True:
            await asyncio.sleep(self._settings.check_every_s)
            await self.check()

    async def check(self) -> None:
        """Asks the database for all keys that are known, and tells it which were used."""
        now_s = self._monotonic_s()
        self._forget_unused(now_s - self._settings.unused_s)
        ids = list(self._known)
        try:
            for start in range(0, len(ids), AT_ONCE):
                await self._check_some(ids[start : start + AT_ONCE])
            await self._tell_used(now_s)
        except KeysUnavailableError as error:
            self._say(str(error) or "it does not answer")
        else:
            if ids:
                self._say("")

    def _forget_unused(self, since_s: float) -> None:
        for key_id in [one for one, known in self._known.items() if max(known.asked_at_s, known.used_at_s) < since_s]:
            del self._known[key_id]

    async def _check_some(self, ids: Sequence[str]) -> None:
        asked_at_s = self._monotonic_s()
        found = {key.id: key for key in await self._store.find(ids)}
        for key_id in ids:
            known = self._known.get(key_id)
            if known is None:
                continue
            if key_id in found:
                known.key, known.checked_at_s = found[key_id], asked_at_s
            else:
                self.forget(key_id)

    async def _tell_used(self, now_s: float) -> None:
        since_s = now_s - self._settings.note_use_every_s
        ids = [one for one, known in self._known.items() if known.noted_at_s < min(since_s, known.used_at_s)]
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            await self._store.note_use(some, self._now_ms())
            for key_id in some:
                if key_id in self._known:
                    self._known[key_id].noted_at_s = now_s

    async def _look_up(self, key_id: str) -> ApiKey | Unavailable | None:
        """Asks the database; calls that show the same key share one question."""
        asked = self._asked.get(key_id)
        if asked is None:
            if self._lookups.take(self._at_ms()):
                return _TOO_MANY
            asked = self._asked[key_id] = asyncio.create_task(self._ask(key_id))
            asked.add_done_callback(lambda task: self._answered(key_id, task))
        try:
            key = await asyncio.shield(asked)
        except KeysUnavailableError as error:
            self._say(str(error) or "it does not answer")
            return _AWAY
        self._say("")
        return key

    def _answered(self, key_id: str, task: asyncio.Task[ApiKey | None]) -> None:
        self._asked.pop(key_id, None)
        if not task.cancelled():
            task.exception()  # all who asked may have gone

    async def _ask(self, key_id: str) -> ApiKey | None:
        asked_at_s = self._monotonic_s()
        found = await self._store.find([key_id])
        if not found:
            _put(self._unknown, key_id, asked_at_s + self._settings.unknown_s, self._settings.max_unknown)
            return None
        known = _Known(found[0], asked_at_s, asked_at_s)
        _put(self._known, key_id, known, self._settings.max_known)
        return found[0]

    def _note_used(self, key_id: str, now_s: float) -> None:
        known = self._known.get(key_id)
        if known is not None:
            known.used_at_s = now_s

    def _at_ms(self) -> int:
        return int(self._monotonic_s() * 1000)

    def _say(self, trouble: str) -> None:
        if trouble and not self._is_away:
            _log.warning("keys_not_checked", error=trouble, known=len(self._known))
        elif not trouble and self._is_away:
            _log.warning("keys_checked_again", known=len(self._known))
        self._is_away = bool(trouble)


def _put(held: OrderedDict[str, _Value], key: str, value: _Value, most: int) -> None:
    """The one that was used the longest ago makes room."""
    held[key] = value
    held.move_to_end(key)
    while len(held) > most:
        held.popitem(last=False)

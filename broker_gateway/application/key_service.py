"""The use cases of who manages API keys: making, listing, revoking them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Invalid, UnknownKey
from broker_gateway.application.key_ports import KeyCursor, KeyStore
from broker_gateway.application.paging import BAD_TOKEN, page_size
from broker_gateway.domain.api_key import ENTROPY_BYTES, ApiKey, KeyDraft, is_client_name, is_key_id
from broker_gateway.domain.violation import Violation

_TOKEN = re.compile(r"(\d{1,16})\.([0-9a-f]{16})", re.ASCII)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, with the secret that nobody can be told again."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    """One page of keys."""

    keys: Sequence[ApiKey]
    next_token: str
    """What asks for the next page; empty after the last."""


class KeyAppService:
    """The application service of API keys. Every method raises KeysUnavailableError."""

    def __init__(
        self,
        store: KeyStore,
        *,
        on_revoked: Callable[[str], object] = lambda _id: None,
        now_ms: Callable[[], int] = wall_clock_ms,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """``on_revoked`` is told the id of each key that is revoked here; ``entropy`` must be fit for secrets."""
        self._store = store
        self._on_revoked = on_revoked
        self._now_ms = now_ms
        self._entropy = entropy

    async def create(
        self, draft: KeyDraft, *, on_made: Callable[[ApiKey], object] = lambda _key: None
    ) -> NewKey | Invalid:
        """Makes a key. ``on_made`` is told of it before it is stored: the caller may go meanwhile, and it may be there
        all the same."""
        now_ms = self._now_ms()
        violations = list(draft.violations(now_ms))
        if violations:
            return Invalid(violations)
        secret = draft.secret(self._entropy(ENTROPY_BYTES))
        key = draft.key(secret, now_ms)
        on_made(key)
        await self._store.add(key)
        _log.info("key_created", key_id=key.id, owner=key.client, roles=sorted(key.roles), origins=key.origins)
        return NewKey(key, secret.text)

    async def list(self, client: str, size: int, token: str) -> KeyPage | Invalid:
        """One page of keys, newest first; an empty ``client`` takes all, ``size`` 0 the default."""
        checked_size = page_size(size)
        if isinstance(checked_size, Invalid):
            return checked_size
        if client and not is_client_name(client):
            return Invalid([Violation("client", "is the name of no client")])
        match = _TOKEN.fullmatch(token)
        if token and match is None:
            return BAD_TOKEN
        after = KeyCursor(int(match[1]), match[2]) if match is not None else None
        found = await self._store.page(client, after, checked_size + 1)
        more, found = len(found) > checked_size, found[:checked_size]
        return KeyPage(found, f"{found[-1].created_at_ms}.{found[-1].id}" if more else "")

    async def revoke(self, key_id: str) -> ApiKey | UnknownKey:
        """Has the key be refused from now on; again for one that is revoked changes nothing."""
        key = await self._store.revoke(key_id, self._now_ms()) if is_key_id(key_id) else None
        if key is None:
            return UnknownKey(key_id)
        self._on_revoked(key_id)
        _log.info("key_revoked", key_id=key.id, owner=key.client)
        return key

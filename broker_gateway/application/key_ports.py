"""The port on the API keys, which all gateways share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from broker_gateway.domain.api_key import ApiKey


class KeysUnavailableError(Exception):
    """The database of keys does not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class KeyCursor:
    """The place after which a list goes on."""

    created_at_ms: int
    id: str


class KeyStore(Protocol):
    """The API keys. Every method raises KeysUnavailableError."""

    async def add(self, key: ApiKey) -> None:
        """Stores a new one; durable when this returns."""
        ...

    async def find(self, ids: Collection[str]) -> Sequence[ApiKey]:
        """Those that there are."""
        ...

    async def page(self, client: str, after: KeyCursor | None, size: int) -> Sequence[ApiKey]:
        """Up to ``size`` of the client's (empty: anybody's), the newest first; fewer only where there are no more."""
        ...

    async def revoke(self, key_id: str, now_ms: int) -> ApiKey | None:
        """The key, revoked from now on, or from before; None where there is none."""
        ...

    async def note_use(self, ids: Collection[str], now_ms: int) -> None:
        """Notes that these were used; an earlier moment than is known changes nothing."""
        ...

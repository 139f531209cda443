"""The wiring of what knows callers beside the configuration's tokens: API keys."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from broker_gateway.application.identity import Verifier
from broker_gateway.application.key_ring import KeyRing, KeyRingSettings
from broker_gateway.application.key_service import KeyAppService
from broker_gateway.infrastructure.history.keys import SqlKeyStore
from broker_gateway.infrastructure.settings import GatewaySettings


class KnownCallers:
    """The kinds of token that this gateway takes, and what has to run for them."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Raises ValueError for a database's URL that is none."""
        self._store: SqlKeyStore | None = None
        self._ring: KeyRing | None = None
        self.keys: KeyAppService | None = None
        """None: no API keys are taken."""
        if settings.api_keys:
            self._store = SqlKeyStore(settings.history_url.get_secret_value())
            self._ring = KeyRing(self._store, KeyRingSettings(kept_s=settings.api_keys_kept_s))
            self.keys = KeyAppService(self._store, on_revoked=self._ring.forget)

    @property
    def verifiers(self) -> Sequence[Verifier]:
        """One for each kind."""
        return [self._ring] if self._ring is not None else []

    def loops(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What is to run for as long as the gateway does, by name."""
        return {"API keys": self._ring.run()} if self._ring is not None else {}

    async def close(self) -> None:
        """Closes the connections."""
        if self._store is not None:
            await self._store.close()

"""The wiring of what knows callers beside the configuration's tokens: API keys, and identity
tokens."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from broker_gateway.application.identity import Verifier
from broker_gateway.application.key_ring import KeyRing, KeyRingSettings
from broker_gateway.application.key_service import KeyAppService
from broker_gateway.infrastructure.oidc.identity_tokens import ClaimRules, IdentityTokens
from broker_gateway.infrastructure.oidc.issuer import Issuer, IssuerSettings
from broker_gateway.infrastructure.settings import GatewaySettings

if TYPE_CHECKING:
    from broker_gateway.infrastructure.history.keys import SqlKeyStore


class KnownCallers:
    """The kinds of token that this gateway takes, and what has to run for them."""

    def __init__(self, settings: GatewaySettings, identity_tokens: tuple[IssuerSettings, ClaimRules] | None) -> None:
        """Raises ValueError for a database's URL that is none."""
        self._store: SqlKeyStore | None = None
        self._ring: KeyRing | None = None
        self.keys: KeyAppService | None = None
        """None: no API keys are taken."""
        if settings.api_keys:
            from broker_gateway.infrastructure.history.keys import SqlKeyStore  # noqa: PLC0415 - where there are keys

            self._store = SqlKeyStore(settings.history_url.get_secret_value())
            self._ring = KeyRing(self._store, KeyRingSettings(kept_s=settings.api_keys_kept_s))
            self.keys = KeyAppService(self._store, on_revoked=self._ring.forget)
        self._issuer: Issuer | None = None
        self._tokens: IdentityTokens | None = None
        if identity_tokens is not None:
            issuer, rules = identity_tokens
            self._issuer = Issuer(issuer)
            self._tokens = IdentityTokens(self._issuer, rules)

    @property
    def verifiers(self) -> Sequence[Verifier]:
        """One for each kind."""
        return [kind for kind in (self._ring, self._tokens) if kind is not None]

    def loops(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What is to run for as long as the gateway does, by name."""
        loops: dict[str, Coroutine[Any, Any, None]] = {}
        if self._ring is not None:
            loops["API keys"] = self._ring.run()
        if self._issuer is not None:
            loops["issuer"] = self._issuer.run()
        return loops

    async def close(self) -> None:
        """Closes the connections."""
        if self._store is not None:
            await self._store.close()
        if self._issuer is not None:
            await self._issuer.close()

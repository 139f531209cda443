"""Who calls: what a token is verified to, and the tokens of the configuration."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from broker_gateway.application.commands import Unavailable
from broker_gateway.domain.api_key import PageTerms
from broker_gateway.domain.client_role import CLIENT_ROLES, OPERATOR_ROLES, ClientRole, with_included
from broker_gateway.domain.quota import TaskRate

MAX_TOKEN_CHARS = 8192
"""A longer one is nobody's, and is not looked at."""
CHECK_EVERY_S = 2.0
"""How often it is asked whether the caller of a call that lasts is still known."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The one who calls."""

    client: str
    roles: frozenset[ClientRole]
    """With those that they include."""
    rate: TaskRate | None = None
    """At which its tasks are taken; None: its client's."""
    page: PageTerms | None = None
    """What its publishable key holds it to; None: it shows none."""


class Verifier(Protocol):
    """What knows one kind of token."""

    def takes(self, token: str) -> bool:
        """Whether the token is of this kind, as far as its look tells."""
        ...

    async def identity(self, token: str) -> Identity | Unavailable | None:
        """Whose it is; None for a token that is not valid; Unavailable where that cannot be told now."""
        ...


class Verifiers:
    """Every kind of token that this gateway knows; the first that takes one decides."""

    def __init__(self, verifiers: Sequence[Verifier]) -> None:
        self._verifiers = verifiers

    async def identity(self, token: str) -> Identity | Unavailable | None:
        """As ``Verifier.identity``."""
        if not token or len(token) > MAX_TOKEN_CHARS:
            return None
        for verifier in self._verifiers:
            if verifier.takes(token):
                return await verifier.identity(token)
        return None


class Recognition:
    """Whether the caller of one call that lasts is still known. A token of which nothing can be told now is taken for
    what it was."""

    def __init__(
        self, verifiers: Verifiers, token: str, client: str, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        """``client``: whose the token was when the call began, which is now."""
        self._verifiers = verifiers
        self._token = token
        self._client = client
        self._monotonic_s = monotonic_s
        self._checked_at_s = monotonic_s()
        self._is_over = False

    async def lasts(self) -> bool:
        """False once it is not known any more, ``CHECK_EVERY_S`` later at most."""
        now_s = self._monotonic_s()
        if not self._is_over and now_s - self._checked_at_s >= CHECK_EVERY_S:
            self._checked_at_s = now_s
            identity = await self._verifiers.identity(self._token)
            self._is_over = identity is None or (isinstance(identity, Identity) and identity.client != self._client)
        return not self._is_over


class ConfiguredTokens:
    """Implements ``Verifier`` for the settings ``tokens``, ``operators`` and ``admins``."""

    def __init__(
        self, tokens: Mapping[str, str], operators: Collection[str] = (), admins: Collection[str] = ()
    ) -> None:
        """``tokens``: token to client name. Kept as hashes, so that the look-up's timing tells nothing."""
        self._known = {digest(token): _identity(client, operators, admins) for token, client in tokens.items()}

    def takes(self, token: str) -> bool:
        return digest(token) in self._known

    async def identity(self, token: str) -> Identity | None:
        return self._known.get(digest(token))


def digest(token: str) -> bytes:
    """SHA-256 of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _identity(client: str, operators: Collection[str], admins: Collection[str]) -> Identity:
    roles = OPERATOR_ROLES if client in operators else CLIENT_ROLES
    return Identity(client, with_included({*roles, ClientRole.ADMIN} if client in admins else roles))

"""Identity tokens (JWT): whose they are, by the issuer's signature and claims."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import jwt
import structlog

from broker_gateway.application.commands import Unavailable
from broker_gateway.application.identity import Identity, digest
from broker_gateway.domain.api_key import is_client_name
from broker_gateway.domain.client_role import GIVEN_ROLES, ClientRole, with_included
from broker_gateway.infrastructure.oidc.issuer import Issuer, IssuerAwayError
from broker_gateway.infrastructure.oidc.key_set import SigningKey

LEEWAY_S = 30
"""By which the issuer's clock may be off."""
MAX_VERIFIED = 10_000
"""Tokens that need no second verification."""
MAX_ROLES = 200
MAX_TRIED = 8
"""Keys that a token is tried with which does not say which one signed it: who makes one up must not keep us busy."""
_DOTS = 2
_AWAY = Unavailable("whose identity token this is cannot be told now: its issuer does not answer; try again")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """How an issuer's claims become a client and its roles."""

    issuer: str
    audience: str
    client_claim: str = "sub"
    client_prefix: str = "oidc:"
    """Before each name, so that nobody who chooses his name there is a client of the configuration here."""
    roles_claim: str = "roles"
    """Names, or words with spaces between them; ``a.b`` is ``b`` within ``a``."""
    roles: Mapping[str, ClientRole] = field(default_factory=dict)
    """The issuer's names of roles, beside ``coderunner:submit`` and so on: its ``admin`` is not ours."""
    usual_roles: frozenset[ClientRole] = frozenset()
    """What every token has."""


class _Refused(Exception):  # noqa: N818  # it is no error
    """The token is not valid; the text says why, and holds nothing of it."""


class IdentityTokens:
    """Implements ``Verifier`` for signed JSON Web Tokens. Nothing in a token says where its key is, or how it is to be
    verified, but for the id of one of the issuer's keys: each key is for one algorithm."""

    def __init__(self, issuer: Issuer, rules: ClaimRules, *, now_s: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._rules = rules
        self._now_s = now_s
        self._verified: OrderedDict[bytes, tuple[Identity, float, int]] = OrderedDict()
        """By digest: whose it is, until when, and by which state of the issuer's keys."""

    def takes(self, token: str) -> bool:
        return token.count(".") == _DOTS

    async def identity(self, token: str) -> Identity | Unavailable | None:
        known = self._known(digest(token))
        if known is not None:
            return known
        try:
            claims = await self._claims(token)
            identity, expires_at_s = self._identity(claims), float(claims["exp"])
        except IssuerAwayError:
            return _AWAY
        except (_Refused, jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError) as error:
            _log.debug("identity_token_refused", reason=f"{type(error).__name__}: {error}"[:200])
            return None
        self._remember(digest(token), identity, expires_at_s)
        return identity

    async def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid")
        if "crit" in header or not isinstance(key_id, str | None):
            raise _Refused("its header asks for what is not known here")
        fitting = [key for key in await self._issuer.keys(key_id) if key.algorithm == header.get("alg")]
        for key in fitting[:MAX_TRIED]:
            with suppress(jwt.InvalidSignatureError):
                return self._claims_by(key, token)
        raise _Refused("the issuer has no such key, or its signature is another's")

    def _claims_by(self, key: SigningKey, token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=self._rules.audience,
            issuer=self._rules.issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iss", "aud"]},
        )
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        name = _claim(claims, self._rules.client_claim)
        client = f"{self._rules.client_prefix}{name}"
        if not isinstance(name, str) or not name or not is_client_name(client):
            raise _Refused(f"its claim {self._rules.client_claim} cannot be a client's name")
        given = _claim(claims, self._rules.roles_claim)
        names = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
        return Identity(client, with_included({*self._rules.usual_roles, *self._roles(names[:MAX_ROLES])}))

    def _roles(self, names: list[Any]) -> set[ClientRole]:
        known = {**{f"coderunner:{role}": role for role in GIVEN_ROLES}, **self._rules.roles}
        return {known[name] for name in names if isinstance(name, str) and name in known}

    def _known(self, key: bytes) -> Identity | None:
        found = self._verified.get(key)
        if found is None:
            return None
        identity, until_s, changes = found
        if until_s <= self._now_s() or changes != self._issuer.changes or not self._issuer.is_believed:
            del self._verified[key]
            return None
        self._verified.move_to_end(key)
        return identity

    def _remember(self, key: bytes, identity: Identity, expires_at_s: float) -> None:
        self._verified[key] = (identity, expires_at_s + LEEWAY_S, self._issuer.changes)
        while len(self._verified) > MAX_VERIFIED:
            self._verified.popitem(last=False)


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """The claim itself, or the one within another. A claim whose name has dots is found by its name."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found

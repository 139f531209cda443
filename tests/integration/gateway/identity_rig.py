"""A gateway's end of an issuer, with a clock of its own."""

from __future__ import annotations

import time
from typing import Any

from broker_gateway.application.commands import Unavailable
from broker_gateway.application.identity import Identity, Verifiers
from broker_gateway.domain.client_role import CLIENT_ROLES
from broker_gateway.infrastructure.oidc.identity_tokens import ClaimRules, IdentityTokens
from broker_gateway.infrastructure.oidc.issuer import Issuer, IssuerSettings
from tests.servers.issuer import AUDIENCE, TestIssuer

ADA = Identity("oidc:ada", CLIENT_ROLES)


class Rig:
    """``passed_s``: how much time has passed for the gateway."""

    def __init__(self, issuer: TestIssuer, jwks_url: str = "", **rules: Any) -> None:
        self.passed_s = 0.0
        self.issuer = issuer
        self.settings = IssuerSettings(issuer=issuer.url, jwks_url=jwks_url)
        self.keys = Issuer(self.settings, monotonic_s=lambda: 1000.0 + self.passed_s)
        usual = {"issuer": issuer.url, "audience": AUDIENCE, "usual_roles": CLIENT_ROLES}
        self.tokens = IdentityTokens(
            self.keys, ClaimRules(**{**usual, **rules}), now_s=lambda: time.time() + self.passed_s
        )

    async def whose(self, token: str) -> Identity | Unavailable | None:
        return await Verifiers([self.tokens]).identity(token)

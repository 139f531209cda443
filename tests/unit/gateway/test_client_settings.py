"""The settings on clients: what does not fit together is said before the gateway starts."""

from __future__ import annotations

from typing import Any

import pytest

from broker_gateway.domain.client_role import ClientRole
from broker_gateway.infrastructure import policies
from broker_gateway.infrastructure.client_settings import refuse_everybody
from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ConfigurationError

DATABASE: dict[str, Any] = {"history_url": "sqlite:///unused.db"}
ISSUER: dict[str, Any] = {"oidc_issuer": "https://login.example", "oidc_audience": "coderunner"}
NOBODY: dict[str, Any] = {}
BEYOND = "0.0.0.0:50051"
TOKENS: dict[str, Any] = {"tokens": {"blog": "b"}}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_keys": True}, "api_keys: they are kept in the database of history_url"),
        ({**TOKENS, "admins": ["chief"]}, "admins: there is no client chief in tokens"),
        ({**TOKENS, "operators": ["chief"]}, "operators: there is no client chief in tokens"),
        ({**TOKENS, "callback_secrets": {"school": []}}, "there is no client school in tokens"),
        ({**TOKENS, "cache_clients": {"school": "read"}}, "there is no client school in tokens"),
        ({**ISSUER, "oidc_audience": ""}, "oidc_audience: is needed"),
        ({**ISSUER, "oidc_issuer": "http://login.example"}, "oidc_issuer: must be https"),
        ({**ISSUER, "oidc_jwks_url": "http://login.example/jwks"}, "oidc_jwks_url: "),
        ({**ISSUER, "oidc_jwks_url": "https://me:hush@login.example/"}, "oidc_jwks_url: must not contain credentials$"),
        ({**ISSUER, "oidc_roles": {"boss": "root"}}, "oidc_roles: root is none of submit, "),
        ({**ISSUER, "oidc_usual_roles": ["root"]}, "oidc_usual_roles: root is none of submit, "),
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_said(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        policies.of(GatewaySettings(**settings))


@pytest.mark.parametrize("elsewhere", [{**DATABASE, "api_keys": True}, ISSUER], ids=["keys", "issuer"])
def test_clients_of_keys_and_of_an_issuer_may_have_settings_of_their_own(elsewhere: dict[str, Any]) -> None:
    settings = GatewaySettings(**elsewhere, cache_clients={"oidc:ada": "read"}, callback_headers={"school": {}})
    assert policies.of(settings).quotas.stored_bytes > 0, "clients are told apart"


@pytest.mark.parametrize("asks", [TOKENS, {**DATABASE, "api_keys": True}, ISSUER], ids=["tokens", "keys", "issuer"])
def test_whoever_asks_who_calls_may_listen_beyond_loopback(asks: dict[str, Any]) -> None:
    refuse_everybody(GatewaySettings(**asks, grpc_address=BEYOND))
    with pytest.raises(ConfigurationError):
        refuse_everybody(GatewaySettings(**NOBODY, grpc_address=BEYOND))


def test_the_issuers_names_become_our_roles() -> None:
    made = policies.of(GatewaySettings(**ISSUER, oidc_roles={"boss": "admin"}, oidc_usual_roles=["read-own"]))
    assert made.clients.identity_tokens is not None
    _, rules = made.clients.identity_tokens
    assert rules.roles == {"boss": ClientRole.ADMIN}
    assert rules.usual_roles == {ClientRole.READ_OWN}

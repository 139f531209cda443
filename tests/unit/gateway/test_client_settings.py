"""The settings on clients: what does not fit together is said before the gateway starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker_gateway.domain.client_role import ClientRole
from broker_gateway.infrastructure import policies
from broker_gateway.infrastructure.client_settings import refuse_everybody
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.nats_joins import account_file, account_key
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
        ({**ISSUER, "oidc_usual_roles": ["page"]}, "oidc_usual_roles: page is none of submit, "),
        ({"http_trusted_proxies": ["proxy.example"]}, "http_trusted_proxies: 'proxy.example' does not appear"),
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


@pytest.fixture
def account(tmp_path: Path) -> dict[str, Any]:
    account_key(tmp_path)
    return {"nats_account_nkey": str(account_file(tmp_path))}


def test_nodes_join_where_an_account_lets_them_in_and_somebody_is_asked_who_he_is(account: dict[str, Any]) -> None:
    urls = ["nats://gateway:secret@bus:4222", "tls://other:4222"]
    made = policies.of(GatewaySettings(**TOKENS, **account, nats_urls=urls, etcd_endpoints=["etcd:2379"])).joins
    assert made is not None
    assert (list(made.nats_urls), list(made.etcd_endpoints)) == (["nats://bus:4222", "tls://other:4222"], ["etcd:2379"])
    assert made.pools == {"default"}
    assert policies.of(GatewaySettings(**TOKENS)).joins is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tokens": {}}, "nats_account_nkey: without tokens anybody could make his machine a node"),
        ({"join_pools": []}, "join_pools: must be names of pools"),
        ({"join_pools": ["default", "_followers"]}, "join_pools: must be names of pools"),
        ({"nats_account_nkey": "/nowhere"}, "nats_account_nkey: /nowhere: No such file"),
        ({"nats_account_nkey": __file__}, "nats_account_nkey: .*: no seed"),
    ],
    ids=str,
)
def test_what_lets_no_nodes_join_is_said(account: dict[str, Any], settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        policies.of(GatewaySettings(**{**TOKENS, **account, **settings}))


async def test_a_node_is_told_the_authorities_as_they_are_now(account: dict[str, Any], tmp_path: Path) -> None:
    joins = policies.of(GatewaySettings(**TOKENS, **account)).joins
    assert joins is not None
    (tmp_path / "bus.pem").write_text("first", encoding="ascii")
    joins = replace(joins, nats_authorities=str(tmp_path / "bus.pem"))
    assert (await joins.whereabouts()).nats_tls_authorities == "first"
    (tmp_path / "bus.pem").write_text("second", encoding="ascii")
    told = await joins.whereabouts()
    assert (told.nats_tls_authorities, told.etcd_tls_authorities) == ("second", "")

"""The settings on clients, and whether they fit together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from broker_gateway.domain.client_role import GIVEN_ROLES, ClientRole
from broker_gateway.infrastructure.oidc.identity_tokens import ClaimRules
from broker_gateway.infrastructure.oidc.issuer import IssuerSettings, issuer_fault
from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ConfigurationError

LOOPBACK = ("127.", "localhost:", "[::1]:")
"""How an address begins that this machine alone reaches."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConfiguredClients:
    """The clients that the configuration names, and what their tokens may."""

    by_token: Mapping[str, str]
    """Token to client name."""
    operators: frozenset[str]
    admins: frozenset[str]
    identity_tokens: tuple[IssuerSettings, ClaimRules] | None
    """None: there are none."""


def configured_clients(settings: GatewaySettings) -> ConfiguredClients:
    """Raises ConfigurationError."""
    _check_keys(settings)
    return ConfiguredClients(
        by_token=_by_token(settings),
        operators=_of_tokens(settings, "operators", settings.operators),
        admins=_of_tokens(settings, "admins", settings.admins),
        identity_tokens=_identity_tokens(settings) if settings.oidc_issuer else None,
    )


def refuse_everybody(settings: GatewaySettings) -> None:
    """Raises ConfigurationError where anybody who reaches the API could call it, and nobody has said so."""
    if settings.asks_who or "api" not in settings.roles:
        return
    listening = {"grpc_address": settings.grpc_address}
    if settings.http_api:
        listening["http_address"] = settings.http_address
    beyond = {name: address for name, address in listening.items() if not address.startswith(LOOPBACK)}
    if not beyond:
        return
    if not settings.open_to_everybody:
        name, address = next(iter(beyond.items()))
        raise ConfigurationError(
            f"{name} {address}: beyond loopback anybody could run programs; set tokens, or open_to_everybody = true"
        )
    _log.warning("open_to_everybody", **beyond, reason="no tokens are set")


def must_be_known(settings: GatewaySettings, names: Iterable[str], where: str) -> None:
    """Raises ConfigurationError for a client that can never call. Where there are other tokens than those of the
    configuration, clients are made elsewhere."""
    for name in names:
        if name not in settings.tokens and not settings.has_clients_elsewhere:
            raise ConfigurationError(f"{where}: there is no client {name} in tokens")


def _by_token(settings: GatewaySettings) -> dict[str, str]:
    clients: dict[str, str] = {}
    for client, secret in settings.tokens.items():
        token = secret.get_secret_value()
        if not token or token in clients:
            raise ConfigurationError(f"the token of client {client} is empty or another client's")
        clients[token] = client
    return clients


def _of_tokens(settings: GatewaySettings, setting: str, names: Iterable[str]) -> frozenset[str]:
    for name in names:
        if name not in settings.tokens:
            raise ConfigurationError(f"{setting}: there is no client {name} in tokens")
    return frozenset(names)


def _check_keys(settings: GatewaySettings) -> None:
    if settings.api_keys and not settings.history_url.get_secret_value():
        raise ConfigurationError("api_keys: they are kept in the database of history_url, and there is none")


def _identity_tokens(settings: GatewaySettings) -> tuple[IssuerSettings, ClaimRules]:
    for setting, url in (("oidc_issuer", settings.oidc_issuer), ("oidc_jwks_url", settings.oidc_jwks_url)):
        fault = issuer_fault(url) if url else ""
        if fault:
            raise ConfigurationError(f"{setting}: {fault}")
    if not settings.oidc_audience:
        raise ConfigurationError("oidc_audience: is needed; tokens that were made for others would open this gateway")
    rules = ClaimRules(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        client_claim=settings.oidc_client_claim,
        client_prefix=settings.oidc_client_prefix,
        roles_claim=settings.oidc_roles_claim,
        roles={theirs: _role("oidc_roles", ours) for theirs, ours in settings.oidc_roles.items()},
        usual_roles=frozenset(_role("oidc_usual_roles", name) for name in settings.oidc_usual_roles),
    )
    issuer = IssuerSettings(
        issuer=settings.oidc_issuer, jwks_url=settings.oidc_jwks_url, kept_s=settings.oidc_keys_kept_s
    )
    return issuer, rules


def _role(setting: str, name: str) -> ClientRole:
    for role in GIVEN_ROLES:
        if role == name:
            return role
    raise ConfigurationError(f"{setting}: {name} is none of {', '.join(GIVEN_ROLES)}")

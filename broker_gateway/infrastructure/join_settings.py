"""The settings on nodes that join, and whether they fit together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from broker_gateway.application.joining import Whereabouts
from broker_gateway.infrastructure.bus.nats_jwt import AccountKey
from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ConfigurationError
from schemas.names import is_pool


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSettings:
    """What nodes that join are let in by, where to, and what they are told."""

    account: AccountKey
    pools: frozenset[str]
    etcd_root_password: str
    nats_urls: Sequence[str]
    nats_authorities: str
    """Path of a PEM file; empty: no TLS."""
    etcd_endpoints: Sequence[str]
    etcd_authorities: str

    async def whereabouts(self) -> Whereabouts:
        """With the certificate files as they are now. Raises OSError."""
        return await asyncio.to_thread(
            lambda: Whereabouts(
                nats_urls=self.nats_urls,
                nats_tls_authorities=_text(self.nats_authorities),
                etcd_endpoints=self.etcd_endpoints,
                etcd_tls_authorities=_text(self.etcd_authorities),
            )
        )


def join_settings(settings: GatewaySettings) -> JoinSettings | None:
    """None where no nodes may join. Raises ConfigurationError."""
    if not settings.nats_account_nkey:
        return None
    if "api" in settings.roles and not settings.asks_who:
        raise ConfigurationError("nats_account_nkey: without tokens anybody could make his machine a node")
    if not settings.join_pools or not all(map(is_pool, settings.join_pools)):
        raise ConfigurationError("join_pools: must be names of pools, one at least")
    try:
        account = AccountKey.read(settings.nats_account_nkey)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"nats_account_nkey: {settings.nats_account_nkey}: {_words(error)}") from None
    return JoinSettings(
        account=account,
        pools=frozenset(settings.join_pools),
        etcd_root_password=settings.etcd_root_password.get_secret_value(),
        nats_urls=settings.join_nats_urls or [_without_user(url) for url in settings.nats_urls],
        nats_authorities=settings.nats_tls_authorities,
        etcd_endpoints=settings.join_etcd_endpoints or settings.etcd_endpoints,
        etcd_authorities=settings.etcd_tls_authorities,
    )


def _without_user(url: str) -> str:
    """The gateway's own name and password are for nobody else."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _words(error: Exception) -> str:
    return (error.strerror or repr(error)) if isinstance(error, OSError) else str(error)


def _text(path: str) -> str:
    return Path(path).read_text(encoding="ascii") if path else ""

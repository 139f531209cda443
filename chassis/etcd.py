"""The connection to etcd. aetcd 1.0 is etcd3's maintained asyncio successor; etcd3 itself no longer imports."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import aetcd
import grpc
import grpc.aio

from chassis.backoff import Backoff
from chassis.certificates import ServerTrust

CALL_TIMEOUT_S = 3
"""Of one call to etcd."""
_CHANNEL = {
    "grpc.use_local_subchannel_pool": 1,  # a new client connects anew, and does not sit out its predecessor's back-off
    "grpc.enable_http_proxy": 0,
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.keepalive_permit_without_calls": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdSettings:
    """The settings of a connection to etcd: where it is, and how often it is tried."""

    endpoints: Sequence[str] = ("127.0.0.1:2379",)
    """``host:port`` each; tried in turn."""
    user: str = ""
    password: str = ""
    trust: ServerTrust | None = None
    """How it is known that it is etcd; None: it is not asked for, and nothing is encrypted."""
    reconnect_base_s: float = 0.1
    reconnect_max_s: float = 5.0
    reconnect_tries: int = 0
    """In a row, before it is given up; 0: for ever."""

    @property
    def backoff(self) -> Backoff:
        """The policy of connecting again."""
        return Backoff(self.reconnect_base_s, self.reconnect_max_s)


class EtcdEndpoints:
    """The members of an etcd cluster, taken in turn."""

    def __init__(self, settings: EtcdSettings) -> None:
        self._settings = settings
        self._turn = 0

    def next_client(self) -> tuple[aetcd.Client, str]:
        """A client of the next member, not connected yet, and the member's ``host:port``."""
        settings = self._settings
        endpoint = (
            settings.endpoints[self._turn % len(settings.endpoints)].removeprefix("http://").removeprefix("https://")
        )
        self._turn += 1
        host, _, port = endpoint.rpartition(":")
        client = _Client(
            host=host,
            port=int(port),
            username=settings.user or None,
            password=settings.password or None if settings.user else None,
            timeout=CALL_TIMEOUT_S,
            options=_CHANNEL,
        )
        client.trust = settings.trust
        return client, endpoint


class _Client(aetcd.Client):  # type: ignore[misc] # aetcd has no types
    """As aetcd's, which knows no TLS: of the channel that it makes nothing was said through yet when it is replaced."""

    trust: ServerTrust | None = None

    @property
    def channel(self) -> grpc.aio.Channel | None:
        return self._channel

    @channel.setter
    def channel(self, made: grpc.aio.Channel | None) -> None:
        """Raises CertificateError, which is a ValueError."""
        self._channel = made if made is None or self.trust is None else self._encrypted(self.trust)

    def _encrypted(self, trust: ServerTrust) -> grpc.aio.Channel:
        credentials = grpc.ssl_channel_credentials(*trust.contents())
        return grpc.aio.secure_channel(f"{self._host}:{self._port}", credentials, options=list(self._options.items()))


class CallCancelledError(Exception):
    """A call to etcd was cancelled, and not by whoever waits for it."""


@contextmanager
def calls() -> Iterator[None]:
    """Around calls to etcd. grpc.aio raises ``CancelledError`` also where it ends a call by itself, as with a channel;
    a task that took it for its own end would end. It becomes CallCancelledError."""
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise CallCancelledError("the call was cancelled") from None


def words(error: Exception) -> str:
    """The words of a failed call, for a log line."""
    if isinstance(error, grpc.aio.AioRpcError):
        return f"{error.code().name}: {error.details()}"
    return f"{type(error).__name__}: {error}" if str(error) else repr(error)

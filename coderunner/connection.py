"""The gRPC channel to the gateway, and the retries of a call."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay, wait_exponential, wait_random

from coderunner.access import Access, find_access
from coderunner.errors import CodeRunnerError
from coderunner.grpc_errors import call_error, is_transient
from coderunner.v1 import (
    blobs_pb2_grpc,
    catalog_pb2_grpc,
    execution_pb2_grpc,
    keys_pb2_grpc,
    nodes_pb2_grpc,
    operations_pb2_grpc,
)

CALL_S = 10.0  # a call that only asks
_Answer = TypeVar("_Answer")

PING_S = 20.0
"""So often a gateway that says nothing while a call lasts is asked whether it is there; silent for as long, it is lost,
and the call is taken to another connection. A machine that loses its power says no goodbye."""
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),  # a result with many cases is larger than gRPC's 4 MiB
    ("grpc.enable_http_proxy", 0),  # the gateway is an internal service
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),  # a restarted gateway is found within a second
    ("grpc.http2.max_pings_without_data", 0),
)


def _options() -> Sequence[tuple[str, int]]:
    ping_ms = int(PING_S * 1000)
    names = ("grpc.keepalive_time_ms", "grpc.keepalive_timeout_ms", "grpc.http2.ping_timeout_ms")
    return (*_OPTIONS, *((name, ping_ms) for name in names))


_log = logging.getLogger("coderunner")
_log.addHandler(logging.NullHandler())  # a library prints nothing: who wants to read this names a handler of its own


def _tell(state: RetryCallState) -> None:
    """A line for who listens to the logger ``coderunner``."""
    error = state.outcome.exception() if state.outcome is not None else None
    words = error.details() if isinstance(error, grpc.aio.AioRpcError) else error
    _log.info("call %d failed, asked again in %.1f s: %s", state.attempt_number, state.upcoming_sleep, words)


_RETRYING = AsyncRetrying(
    retry=retry_if_exception(is_transient),
    wait=wait_exponential(0.1, max=1.0) + wait_random(0, 0.2),
    before_sleep=_tell,
    reraise=True,
)


def channel_credentials(access: Access) -> grpc.ChannelCredentials:
    """Whom a channel to a gateway that speaks TLS trusts, and what it shows. Raises CodeRunnerError."""
    return grpc.ssl_channel_credentials(
        *(file.read() if file is not None else None for file in (access.ca, access.key, access.certificate))
    )


class Connection:
    """The gRPC channel to one gateway, opened by the first call in the event loop that makes it."""

    def __init__(self, target: str | None, token: str | None, first_patience_s: float, patience_s: float) -> None:
        self._access = find_access(target, token)
        self._first_patience_s = first_patience_s
        self._patience_s = patience_s
        self._answered = False
        self._channel: grpc.aio.Channel | None = None
        self._stubs: dict[Any, Any] = {}

    @property
    def target(self) -> str:
        """``host:port``."""
        return self._access.target

    def derived_secret(self, purpose: str) -> bytes | None:
        """What only who holds the token can make; None without one."""
        token = self._access.token
        return hmac.digest(token.encode(), purpose.encode(), hashlib.sha256) if token else None

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The token, as every call carries it."""
        return (("authorization", f"Bearer {self._access.token}"),) if self._access.token else ()

    @property
    def channel(self) -> grpc.aio.Channel:
        if self._channel is None:
            self._channel = (
                grpc.aio.secure_channel(self.target, channel_credentials(self._access), options=_options())
                if self._access.secure
                else grpc.aio.insecure_channel(self.target, options=_options())
            )
        return self._channel

    @property
    def execution(self) -> Any:
        return self._stub(execution_pb2_grpc.ExecutionServiceStub)

    @property
    def catalog(self) -> Any:
        return self._stub(catalog_pb2_grpc.CatalogServiceStub)

    @property
    def blobs(self) -> Any:
        return self._stub(blobs_pb2_grpc.BlobServiceStub)

    @property
    def operations(self) -> Any:
        return self._stub(operations_pb2_grpc.OperationsServiceStub)

    @property
    def keys(self) -> Any:
        return self._stub(keys_pb2_grpc.KeyServiceStub)

    @property
    def nodes(self) -> Any:
        return self._stub(nodes_pb2_grpc.NodeServiceStub)

    def _stub(self, kind: Any) -> Any:
        """Kept: making one costs as much as a call. The generated stubs carry no types."""
        if kind not in self._stubs:
            self._stubs[kind] = kind(self.channel)
        return self._stubs[kind]

    async def ask(
        self, method: Callable[..., Awaitable[_Answer]], request: Message, timeout_s: float = CALL_S
    ) -> _Answer:
        """The answer to one request, asked again while the gateway is away: it must be safe to repeat."""

        async def call() -> _Answer:
            return await method(request, timeout=timeout_s, metadata=self.metadata)

        return await self.with_retries(call)

    async def with_retries(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer of ``call``, which must be safe to repeat: tried again while the gateway is away, for a short time
        before it has ever answered and for longer after. Raises CodeRunnerError."""
        try:
            answer = await self._tried(call)
        except grpc.aio.AioRpcError as error:
            raise self.error(error) from error
        self._answered = True
        return answer

    async def _tried(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        try:
            return await call()  # most calls need no second try, and setting one up takes 0.2 ms
        except grpc.aio.AioRpcError as error:
            if not is_transient(error):
                raise
        patience_s = self._patience_s if self._answered else self._first_patience_s

        async def again() -> _Answer:
            return await call()  # a function that only returns an awaitable is not awaited by tenacity

        return await _RETRYING.copy(stop=stop_after_delay(patience_s))(again)

    def error(self, error: grpc.aio.AioRpcError) -> CodeRunnerError:
        """The exception that a failed call to this gateway means to the caller."""
        return call_error(error, self.target)

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close(None)
            self._channel = None
            self._stubs.clear()

"""The callback transport that calls ``CallbackService.Deliver``."""

from __future__ import annotations

import contextlib
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import grpc
import grpc.aio

from broker_gateway.application.ports import DeliveryError, Told
from broker_gateway.application.tracing import trace_headers
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard, ForbiddenAddressError
from broker_gateway.infrastructure.callbacks.identification import Identifications
from broker_gateway.infrastructure.callbacks.name_lookups import CALLED_FOR
from coderunner.v1 import callback_pb2, execution_pb2
from schemas.execution import Execution
from schemas.progress import Progress

MAX_CHANNELS = 64
"""Kept open between deliveries; the one unused for longest goes first."""

TLS_SCHEME = "grpcs"
_METHOD = "/coderunner.v1.CallbackService/Deliver"
_PROGRESS_METHOD = "/coderunner.v1.CallbackService/Progress"
ToMessage = Callable[[Told], execution_pb2.Execution | callback_pb2.Progress]


@dataclass(slots=True)
class _Kept:
    channel: grpc.aio.Channel
    in_use: int = 0


class GrpcCallbackTransport:
    """Implements ``CallbackTransport`` for ``grpc://host:port``, without TLS, and ``grpcs://host:port``, with it. The
    name is resolved and checked here, and the checked address is what the channel connects to; the name stays the
    call's authority, and is what a certificate must be for."""

    def __init__(
        self,
        guard: AddressGuard,
        to_message: ToMessage,
        *,
        timeout_s: float,
        user_agent: str,
        identifications: Identifications | None = None,
        ca_file: str = "",
    ) -> None:
        """``ca_file``: PEM of the authorities that are trusted instead of the usual ones."""
        self._guard = guard
        self._to_message = to_message
        self._timeout_s = timeout_s
        self._user_agent = user_agent
        self._identifications = identifications or Identifications()
        self._ca_file = ca_file
        self._credentials: grpc.ChannelCredentials | None = None
        self._channels: OrderedDict[tuple[str, str, str], _Kept] = OrderedDict()

    async def deliver(
        self,
        url: str,
        told: Told,
        idempotency_key: str,
        *,
        client: str = "",
        headers: str = "",
        timeout_s: float | None = None,
    ) -> None:
        """Calls the endpoint. Whatever it answers but OK is worth another try: the API says so. What is signed is the
        request as it goes over the line."""
        CALLED_FOR.set(client)
        request = self._request(told)
        parts, target = await self._target(url)
        sent = {
            **trace_headers(),
            "idempotency-key": idempotency_key,
            **self._identifications.headers(client, idempotency_key, request, headers),
        }
        async with self._channel(parts, target) as channel:
            method = _METHOD if isinstance(told, Execution) else _PROGRESS_METHOD
            call = channel.unary_unary(method, None, response_deserializer=None)
            try:
                within_s = min(timeout_s or self._timeout_s, self._timeout_s)
                metadata = tuple((name.lower(), value) for name, value in sent.items())
                await call(request, timeout=within_s, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                code = error.code().name
                is_final = isinstance(told, Progress) and error.code() is grpc.StatusCode.UNIMPLEMENTED
                raise DeliveryError(f"the endpoint answered {code}", answer=code, permanent=is_final) from error

    async def close(self) -> None:
        """Closes all channels."""
        while self._channels:
            _, kept = self._channels.popitem()
            await kept.channel.close(None)

    def _request(self, told: Told) -> bytes:
        message = self._to_message(told)
        if isinstance(message, callback_pb2.Progress):
            return callback_pb2.ProgressRequest(progress=message).SerializeToString()
        return callback_pb2.DeliverRequest(execution=message).SerializeToString()

    async def _target(self, url: str) -> tuple[SplitResult, str]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or 0
            family, address = (await self._guard.resolve(host, port))[0]
        except ForbiddenAddressError as error:
            raise DeliveryError(str(error), permanent=True) from error
        except ValueError as error:
            raise DeliveryError("not a URL that can be called", permanent=True) from error
        except OSError as error:
            raise DeliveryError(f"not reached: {error}") from error
        scheme = f"ipv6:[{address}]" if family == socket.AF_INET6 else f"ipv4:{address}"
        return parts, f"{scheme}:{port}"

    @contextlib.asynccontextmanager
    async def _channel(self, parts: SplitResult, target: str) -> AsyncIterator[grpc.aio.Channel]:
        key = (parts.scheme, target, parts.netloc)
        kept = self._channels.get(key)
        if kept is None:
            kept = self._channels[key] = _Kept(self._open(parts, target))
        self._channels.move_to_end(key)
        kept.in_use += 1
        try:
            yield kept.channel
        finally:
            kept.in_use -= 1
            await self._trim()

    async def _trim(self) -> None:
        """Channels in use stay, so there may be more than MAX_CHANNELS for a while."""
        surplus = len(self._channels) - MAX_CHANNELS
        if surplus > 0:
            for key in [key for key, kept in self._channels.items() if not kept.in_use][:surplus]:
                await self._channels.pop(key).channel.close(None)

    def _open(self, parts: SplitResult, target: str) -> grpc.aio.Channel:
        options = self._options(parts.netloc)
        if parts.scheme != TLS_SCHEME:
            return grpc.aio.insecure_channel(target, options=options)
        if self._credentials is None:
            roots = Path(self._ca_file).read_bytes() if self._ca_file else None
            self._credentials = grpc.ssl_channel_credentials(roots)
        return grpc.aio.secure_channel(target, self._credentials, options=options)

    def _options(self, authority: str) -> list[tuple[str, str | int]]:
        return [
            ("grpc.default_authority", authority),
            ("grpc.primary_user_agent", self._user_agent),
            ("grpc.enable_http_proxy", 0),  # a proxy would resolve and connect on its own
            ("grpc.max_receive_message_length", 64 << 10),
            ("grpc.max_send_message_length", -1),
            ("grpc.use_local_subchannel_pool", 1),
        ]

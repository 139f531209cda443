"""The interceptor that asks callers for a bearer token; used where tokens are set."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import grpc
import grpc.aio

from broker_gateway.interfaces.callers import CLIENT, IS_OPERATOR

OPEN_SERVICES = ("/grpc.health.v1.Health/", "/grpc.reflection.")
OPERATORS_SERVICE = "/coderunner.v1.OperationsService/"

_SCHEME = "bearer "


class BearerTokens(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """A gRPC interceptor: a call is UNAUTHENTICATED unless its metadata has ``authorization: Bearer <token>`` with a
    token that is known. Health and reflection stay open; the operators' service is PERMISSION_DENIED to everybody
    else."""

    def __init__(self, tokens: Mapping[str, str], operators: Collection[str] = ()) -> None:
        """``tokens``: token to client name. Kept as hashes, so that the look-up's timing tells nothing."""
        self._clients = {_digest(token): client for token, client in tokens.items()}
        self._operators = frozenset(operators)

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        if details.method.startswith(OPEN_SERVICES):
            return await continuation(details)
        client = self._clients.get(_digest(_token(details.invocation_metadata)))
        if client is None:
            return _refusing(await continuation(details), _refuse)
        CLIENT.set(client)
        if details.method.startswith(OPERATORS_SERVICE) and client not in self._operators:
            return _refusing(await continuation(details), _forbid)
        IS_OPERATOR.set(client in self._operators)
        return await continuation(details)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _token(metadata: Any) -> str:
    for name, value in metadata or ():
        if name == "authorization" and isinstance(value, str) and value[: len(_SCHEME)].lower() == _SCHEME:
            return value[len(_SCHEME) :].strip()
    return ""


async def _refuse(_request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
    await context.abort(
        grpc.StatusCode.UNAUTHENTICATED, "a valid bearer token is needed: authorization: Bearer <token>"
    )


async def _forbid(_request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
    await context.abort(
        grpc.StatusCode.PERMISSION_DENIED, "this token is no operator's: the setting operators names those"
    )


def _refusing(handler: Any, refuse: Callable[[Any, Any], Awaitable[None]]) -> Any:
    """A method of the same kind, for a caller who is told nothing else: its request is not even decoded."""
    if handler is None or handler.request_streaming:
        return handler if handler is None else grpc.stream_stream_rpc_method_handler(refuse)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(refuse)
    return grpc.unary_unary_rpc_method_handler(refuse)

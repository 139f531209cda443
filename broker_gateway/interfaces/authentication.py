"""The interceptor that asks callers for a bearer token, and whether whose it is may call the method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc
import grpc.aio

from broker_gateway.application.commands import Unavailable
from broker_gateway.application.identity import Recognition, Verifiers
from broker_gateway.domain.api_key import PageTerms
from broker_gateway.interfaces import method_roles
from broker_gateway.interfaces.call_bounds import WAITING
from broker_gateway.interfaces.callers import CLIENT, LASTS, RATE, ROLES
from broker_gateway.interfaces.method_roles import FOR_PAGES

OPEN_SERVICES = ("/grpc.health.v1.Health/", "/grpc.reflection.")
Refused = tuple[grpc.StatusCode, str]
"""The code and the words of a refusal."""
JudgePage = Callable[[PageTerms], Refused | None]
"""Why a call with a publishable key is refused; None where it is not, and then the context says whose it is."""
_SCHEME = "bearer "
_UNKNOWN = (grpc.StatusCode.UNAUTHENTICATED, "a valid bearer token is needed: authorization: Bearer <token>")

_STREAM_UNARY = grpc.stream_unary_rpc_method_handler
_NOT_FOR_PAGES = (
    grpc.StatusCode.PERMISSION_DENIED,
    "this is a publishable key, for pages: it may run programs and talk to them, read, follow and cancel them by their "
    "ids, and list languages, under /v1 over HTTP and nowhere else",
)


class Recognising:
    """Who calls, and whether he may: the same for calls over gRPC and over HTTP."""

    def __init__(self, verifiers: Verifiers) -> None:
        self._verifiers = verifiers

    async def refusal(self, method: str, token: str, judge_page: JudgePage | None = None) -> Refused | None:
        """Why the bearer of ``token`` (empty: none) may not call the method; None where he may, and then the context
        says who he is. ``judge_page``: None: this way in is not for publishable keys."""
        identity = await self._verifiers.identity(token)
        if identity is None:
            return _UNKNOWN
        if isinstance(identity, Unavailable):
            return grpc.StatusCode.UNAVAILABLE, identity.message
        CLIENT.set(identity.client)
        ROLES.set(identity.roles)
        RATE.set(identity.rate)
        if method in WAITING:
            LASTS.set(Recognition(self._verifiers, token, identity.client).lasts)
        if identity.page is not None:
            return judge_page(identity.page) if judge_page is not None and method in FOR_PAGES else _NOT_FOR_PAGES
        refusal = method_roles.refusal(method, identity.roles)
        return (grpc.StatusCode.PERMISSION_DENIED, refusal) if refusal else None


class Authentication(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """A gRPC interceptor: a call is UNAUTHENTICATED unless its metadata has ``authorization: Bearer <token>`` with a
    token that is known, UNAVAILABLE where that cannot be told now, and PERMISSION_DENIED where the caller has not the
    role that the method needs. Health and reflection stay open."""

    def __init__(self, recognising: Recognising) -> None:
        self._recognising = recognising

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        if details.method.startswith(OPEN_SERVICES):
            return await continuation(details)
        refused = await self._recognising.refusal(details.method, _token(details.invocation_metadata))
        handler = await continuation(details)
        return handler if refused is None else _refusing(handler, *refused)


def _token(metadata: Any) -> str:
    for name, value in metadata or ():
        if name == "authorization" and isinstance(value, str) and (token := bearer(value)):
            return token
    return ""


def bearer(authorization: str) -> str:
    """The token in the value of a header ``Authorization``; empty where it has none."""
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        return ""
    return authorization[len(_SCHEME) :].strip()


async def _refuse(
    code: grpc.StatusCode, words: str, _request: Any, context: grpc.aio.ServicerContext[Any, Any]
) -> None:
    await context.abort(code, words)


def _refusing(handler: Any, code: grpc.StatusCode, words: str) -> Any:
    """A method of the same kind, for a caller who is told nothing else: its request is not even decoded."""
    refuse = partial(_refuse, code, words)
    if handler is None:
        return None
    if handler.request_streaming:
        makes = grpc.stream_stream_rpc_method_handler if handler.response_streaming else _STREAM_UNARY
        return makes(refuse)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(refuse)
    return grpc.unary_unary_rpc_method_handler(refuse)

"""The operations of the API: a route, what it takes and what it answers. Routes and the OpenAPI document are made of
them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from broker_gateway.interfaces.http.calls import Handler

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path or the query, or a header."""

    name: str
    description: str
    where: str = "query"
    schema: Any = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One route."""

    verb: str
    path: str
    call: str
    """The ``/package.Service/Method`` that it is a call of: roles, quotas, metrics and logs go by that."""
    handler: Handler
    summary: str
    answers: dict[int, Any]
    """Status to the type of the body, or to several, one of which it is; None: it has none; text: a media type that is
    not JSON."""
    body: Any = None
    """The type of what is sent; None: nothing is; text: a media type that is not JSON."""
    parameters: Sequence[Parameter] = ()
    waits: str = ""
    """What it is a call of instead where ``waits_if`` says so; empty: the same."""
    waits_if: Callable[[Request], bool] = lambda _request: False

    def call_of(self, request: Request) -> str:
        """What one request is a call of."""
        return self.waits if self.waits_if(request) else self.call


def json_answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A response with a JSON body."""
    return Response(_encode(body), status, headers, "application/json")

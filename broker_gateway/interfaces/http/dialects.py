"""The APIs of others that are served as well, so that their clients need another address and nothing else. Each is a
module of its own, a thin mapping to the same use cases behind the same doorway; what one asks that we cannot do is
refused in its own words, and listed in docs/dialects.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.routing import BaseRoute

from broker_gateway.application.catalog_service import CatalogAppService
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.domain.callback_attempts import AttemptPolicy
from broker_gateway.domain.code import SourceRules
from broker_gateway.domain.draft import DraftCounts
from broker_gateway.domain.resource_limit import LimitRules
from broker_gateway.interfaces.callers import Asking
from broker_gateway.interfaces.http.calls import Calls
from broker_gateway.interfaces.http.codapi import codapi_routes
from broker_gateway.interfaces.http.judge0.routes import judge0_routes
from broker_gateway.interfaces.http.piston import piston_routes


async def nothing_waits(_pool: str) -> int:
    """Where nobody counts."""
    return 0


@dataclass(frozen=True, slots=True)
class DialectParts:
    """What a dialect is made of."""

    executions: CodeExecutionAppService
    catalog: CatalogAppService
    calls: Calls
    counts: DraftCounts
    """What is taken over of each task."""
    asking: Asking
    origins: Collection[str] = ()
    """Of pages that may open a WebSocket."""
    limits: LimitRules = field(default_factory=LimitRules)
    """What may be asked for."""
    source: SourceRules = field(default_factory=SourceRules)
    """How large a program may be."""
    attempts: AttemptPolicy = field(default_factory=AttemptPolicy)
    """How often a callback is tried."""
    queue_limit: int = 1000
    """Tasks that may wait per pool and priority."""
    waiting: Callable[[str], Awaitable[int]] = nothing_waits
    """How many tasks wait in a pool. Raises BusUnavailableError."""


DIALECTS: Mapping[str, Callable[[DialectParts], Sequence[BaseRoute]]] = {
    "codapi": codapi_routes,
    "piston": piston_routes,
    "judge0": judge0_routes,
}
"""By the name that the setting ``http_dialects`` has for it: its routes."""


def dialect_routes(names: Sequence[str], parts: DialectParts) -> list[BaseRoute]:
    """The routes of these dialects."""
    return [route for name in names for route in DIALECTS[name](parts)]

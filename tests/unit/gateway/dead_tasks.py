"""What a node and the relay leave behind of a task that they gave up."""

from __future__ import annotations

import msgspec

from schemas.execution import ResultMessage
from schemas.status import Status
from schemas.task import Callback, TaskMessage
from tests.fakes.operations import poison_letter, undelivered_letter
from tests.integration.gateway import samples
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes, result_of


def buried(gateway: GatewayOnFakes, **changes: object) -> TaskMessage:
    """A poisonous task, as its node leaves it behind."""
    task = samples.task("t1", **changes)
    gateway.bus.seen.add(task.id)
    gateway.bus.results[task.id] = result_of(task.id, status=Status.INTERNAL_ERROR)
    gateway.dead.bury(poison_letter(task))
    return task


def undelivered(gateway: GatewayOnFakes, url: str = "http://h/") -> ResultMessage:
    result = msgspec.structs.replace(result_of("t1"), callback=Callback(url=url))
    gateway.bus.results["t1"] = result
    gateway.dead.bury(undelivered_letter(result))
    return result

"""What a node and the relay leave behind of a task that they gave up."""

from __future__ import annotations

from schemas.execution import ResultMessage
from schemas.status import Status
from schemas.task import TaskMessage
from tests.builders import a_poison_letter, a_result, a_task, an_undelivered_letter
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes


def buried(gateway: GatewayOnFakes, **changes: object) -> TaskMessage:
    """A poisonous task, as its node leaves it behind."""
    task = a_task("t1", **changes)
    gateway.bus.seen.add(task.id)
    gateway.bus.results[task.id] = a_result(task.id, status=Status.INTERNAL_ERROR)
    gateway.dead.bury(a_poison_letter(task))
    return task


def undelivered(gateway: GatewayOnFakes, url: str = "http://h/") -> ResultMessage:
    result = a_result("t1", url)
    gateway.bus.results["t1"] = result
    gateway.dead.bury(an_undelivered_letter(result))
    return result

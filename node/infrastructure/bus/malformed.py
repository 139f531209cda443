"""A message on the task queue that is no task: it ends like any other, in a stored result and a dead letter."""

from __future__ import annotations

import time

import structlog
from nats.aio.msg import Msg

from chassis.nats.acks import times_delivered
from node.infrastructure.bus.delivery import bury
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsResultSink
from schemas.execution import DeadLetter, Execution, ResultMessage
from schemas.status import Status


async def bury_malformed(publisher: Publisher, message: Msg, node_id: str, detail: str) -> None:
    """Raises nothing: where the bus does not take it, it comes again."""
    task_id = message.subject.rpartition(".")[2]
    now_ms = int(time.time() * 1000)
    error = f"the task could not be read: {detail}"
    try:
        await NatsResultSink(publisher).store(_result(task_id, node_id, times_delivered(message.reply), error, now_ms))
        letter = DeadLetter(
            id=task_id,
            reason="malformed",
            detail=error,
            subject=message.subject,
            payload=message.data.decode(errors="replace"),
            at_ms=now_ms,
            attempts=times_delivered(message.reply),
            node_id=node_id,
        )
        await bury(publisher, message, letter)
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the source must go on serving
        structlog.get_logger(__name__).warning("malformed_task_not_buried", error=str(trouble))


def _result(task_id: str, node_id: str, attempt: int, error: str, now_ms: int) -> ResultMessage:
    execution = Execution(
        id=task_id,
        status=Status.INTERNAL_ERROR,
        language="",
        language_version="",
        node_id=node_id,
        attempt=attempt,
        queued_ms=0.0,
        labels={},
        compile=None,
        run=None,
        cases=[],
        warnings=[],
        error=error,
        submitted_at_ms=now_ms,
        finished_at_ms=now_ms,
    )
    return ResultMessage(execution=execution, callback=None, client="")

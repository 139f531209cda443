"""The end of a message on the task queue that is no task: like any other, a stored result and a dead letter."""

from __future__ import annotations

import time

import structlog
from nats.aio.msg import Msg

from chassis.nats.acks import times_delivered
from node.infrastructure.bus.delivery import bury
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsResultSink
from schemas import names
from schemas.buried_ids import buried_id
from schemas.execution import Execution, ResultMessage
from schemas.status import DeadReason


async def bury_malformed(publisher: Publisher, message: Msg, node_id: str, detail: str) -> None:
    """Answers and buries it under the id that its subject names, or a digest of the subject where that can be no id.
    Raises nothing: where the bus does not take it, it comes again."""
    task_id = buried_id(message.subject)
    error = f"the task could not be read: {detail}"
    try:
        execution = Execution.unreadable(
            task_id,
            node_id=node_id,
            attempt=times_delivered(message.reply),
            error=error,
            at_ms=int(time.time() * 1000),
        )
        result = ResultMessage.of(execution, None)
        await NatsResultSink(publisher).store(result, names.result_subject(task_id))
        await bury(publisher, message, task_id, DeadReason.MALFORMED, error, node_id=node_id)
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the source must go on serving
        structlog.get_logger(__name__).warning("malformed_task_not_buried", error=str(trouble))

"""The end of a message on the task queue that is no task: like any other, a stored result and a dead letter."""

from __future__ import annotations

import time

import msgspec
import structlog
from nats.aio.msg import Msg

from chassis.nats.acks import times_delivered
from node.infrastructure.bus.delivery import bury
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsResultSink
from schemas import names
from schemas.buried_ids import buried_id
from schemas.execution import Execution, ResultMessage
from schemas.reader import Reader
from schemas.status import DeadReason
from schemas.task import Callback


class _SealedPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a task's seal tells of it: enough for an answer that gateways take for its own (docs/adr/0025)."""

    id: str
    client: str
    callback: Callback | None
    labels: dict[str, str]
    seal: str
    answer: str = ""
    keeps_answer: bool = False
    traceparent: str = ""


_decoder = Reader(_SealedPart)


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
        result = _result(execution, message.data)
        await NatsResultSink(publisher).store(result, names.result_subject(task_id))
        await bury(publisher, message, task_id, DeadReason.MALFORMED, error, node_id=node_id)
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the source must go on serving
        structlog.get_logger(__name__).warning("malformed_task_not_buried", error=str(trouble))


def _result(execution: Execution, data: bytes) -> ResultMessage:
    """With what its gateway needs to take it for this task's, where that much of the message can be read."""
    try:
        part = _decoder.decode(data)
    except msgspec.MsgspecError:
        return ResultMessage.of(execution, None)
    if not part.seal or part.id != execution.id:
        return ResultMessage.of(execution, None)
    return ResultMessage(
        execution=msgspec.structs.replace(execution, labels=part.labels),
        callback=part.callback,
        client=part.client,
        answer=part.answer if part.keeps_answer else "",
        traceparent=part.traceparent,
        seal=part.seal,
    )

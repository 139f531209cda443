"""Many tasks in as few calls as take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coderunner.connection import Connection
from coderunner.grpc_errors import refusal_error
from coderunner.model import Submitted
from coderunner.v1 import execution_pb2

_BATCH_S = 60.0
_MAX_BATCH_TASKS = 1000  # what one SubmitBatch takes
_MAX_BATCH_BYTES = 3 << 20  # of the 4 MiB that a request may have


async def submit_batches(gateway: Connection, tasks: Iterable[execution_pb2.Task]) -> tuple[Submitted, ...]:
    """One answer for each task, in order."""
    answers: list[Submitted] = []
    for batch in _batches(tasks):
        request = execution_pb2.SubmitBatchRequest(tasks=batch)
        response: execution_pb2.SubmitBatchResponse = await gateway.ask(
            gateway.execution.SubmitBatch, request, _BATCH_S
        )
        answers += map(_submitted, response.results)
    return tuple(answers)


def _batches(messages: Iterable[execution_pb2.Task]) -> Iterator[list[execution_pb2.Task]]:
    batch: list[execution_pb2.Task] = []
    room = _MAX_BATCH_BYTES
    for message in messages:
        size = message.ByteSize()
        if batch and (len(batch) == _MAX_BATCH_TASKS or size > room):
            yield batch
            batch, room = [], _MAX_BATCH_BYTES
        batch.append(message)
        room -= size
    if batch:
        yield batch


def _submitted(message: execution_pb2.Submitted) -> Submitted:
    return Submitted(error=refusal_error(message.error)) if message.HasField("error") else Submitted(id=message.id)

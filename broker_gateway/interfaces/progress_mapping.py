"""The mapping of what an endpoint is told of to protobuf."""

from __future__ import annotations

from broker_gateway.interfaces.execution_mapping import execution_message
from coderunner.v1 import callback_pb2 as pb
from coderunner.v1 import execution_pb2
from schemas.execution import Execution
from schemas.progress import Progress


def told_message(told: Execution | Progress) -> execution_pb2.Execution | pb.Progress:
    """What an endpoint is told of."""
    return execution_message(told) if isinstance(told, Execution) else progress_message(told)


def progress_message(progress: Progress) -> pb.Progress:
    """The progress as endpoints are told of it."""
    return pb.Progress(
        event=progress.event.value,
        sequence=progress.sequence,
        at_ms=progress.at_ms,
        execution=execution_message(progress.execution),
        case_index=progress.case_index,
    )

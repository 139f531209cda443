"""The mapping of what is known of callbacks to protobuf."""

from __future__ import annotations

from coderunner.v1 import execution_pb2 as pb
from schemas.callback import CallbackAttempt, CallbackRecord


def record_message(record: CallbackRecord) -> pb.CallbackRecord:
    return pb.CallbackRecord(
        id=record.id,
        url=record.url,
        client=record.client,
        state=record.state.value,
        attempts=record.attempts,
        error=record.error,
        at_ms=record.at_ms,
        tried=[_attempt(one) for one in record.tried],
    )


def _attempt(attempt: CallbackAttempt) -> pb.CallbackAttempt:
    return pb.CallbackAttempt(
        number=attempt.number,
        at_ms=attempt.at_ms,
        latency_ms=attempt.latency_ms,
        answer=attempt.answer,
        error=attempt.error,
        next_at_ms=attempt.next_at_ms,
    )

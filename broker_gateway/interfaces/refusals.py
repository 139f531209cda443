"""The mapping of refusals to gRPC statuses, with the details that google.rpc has for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import grpc
import grpc.aio
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from broker_gateway.application.commands import (
    Busy,
    IdTaken,
    Invalid,
    NoKeys,
    NotJoinable,
    NotKnownAnyMore,
    NotRedriven,
    Refusal,
    TooSlow,
    Unavailable,
    UnknownBlob,
    UnknownKey,
    UnknownLetter,
    UnknownNode,
    UnknownTask,
    Unserved,
)
from broker_gateway.domain.violation import Violation
from coderunner.v1 import execution_pb2 as pb

_MAX_DETAIL_BYTES = 3000
"""Clients take 8 KiB of trailers, base64 and a second copy of the message included."""
_MAX_MESSAGE_CHARS = 400
_MAX_VIOLATIONS_OF_MANY = 16
"""Of one task in a batch: a thousand such answers are one message."""

_Unknown = UnknownTask | UnknownLetter | UnknownKey | UnknownNode | UnknownBlob
AnyRefusal = Refusal | TooSlow | Unavailable | NotRedriven | NoKeys | NotJoinable | NotKnownAnyMore | IdTaken | _Unknown


async def refuse(context: grpc.aio.ServicerContext[Any, Any], refusal: AnyRefusal) -> NoReturn:
    """Ends the call with the refusal's status."""
    status = rpc_status.to_status(status_of(refusal))
    await context.abort(status.code, status.details, status.trailing_metadata)
    raise AssertionError("abort raises")


def status_of(refusal: AnyRefusal) -> status_pb2.Status:
    """The status that tells a caller of the refusal."""
    status = status_pb2.Status(code=code_of(refusal).value[0], message=message_of(refusal)[:_MAX_MESSAGE_CHARS])
    detail = _detail(refusal)
    if detail is not None:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def submit_error(refusal: Refusal | Unavailable) -> pb.SubmitError:
    """The refusal of one task of a batch, as a message of our own API."""
    violations = refusal.violations if isinstance(refusal, Invalid) else []
    return pb.SubmitError(
        code=code_of(refusal).value[0],
        message=message_of(refusal)[:_MAX_MESSAGE_CHARS],
        violations=[
            pb.FieldViolation(field=one.field, description=one.description)
            for one in violations[:_MAX_VIOLATIONS_OF_MANY]
        ],
        retry_after_ms=refusal.retry_after_ms if isinstance(refusal, Busy) else 0,
    )


def code_of(refusal: AnyRefusal) -> grpc.StatusCode:  # noqa: PLR0911 - one for each kind
    """The code that tells a caller what kind of refusal it is."""
    match refusal:
        case Invalid():
            return grpc.StatusCode.INVALID_ARGUMENT
        case Unserved() | NotRedriven() | NoKeys() | NotJoinable():
            return grpc.StatusCode.FAILED_PRECONDITION
        case Busy():
            return grpc.StatusCode.RESOURCE_EXHAUSTED
        case UnknownTask() | UnknownLetter() | UnknownKey() | UnknownNode() | UnknownBlob():
            return grpc.StatusCode.NOT_FOUND
        case TooSlow():
            return grpc.StatusCode.DEADLINE_EXCEEDED
        case IdTaken():
            return grpc.StatusCode.ALREADY_EXISTS
        case Unavailable():
            return grpc.StatusCode.UNAVAILABLE
        case NotKnownAnyMore():
            return grpc.StatusCode.UNAUTHENTICATED


def message_of(refusal: AnyRefusal) -> str:
    """The refusal in words."""
    match refusal:
        case Invalid(violations):
            first = violations[0]
            more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
            return f"{first.field}: {first.description}{more}"
        case UnknownTask():
            return "no task has this id"
        case UnknownKey(key_id):
            return f"there is no API key '{key_id[:64]}'"
        case UnknownLetter(task_id):
            return f"there is no dead letter '{task_id[:64]}'"
        case _:
            return refusal.message


def _detail(refusal: AnyRefusal) -> Any:
    match refusal:
        case Invalid(violations):
            return _bad_request(violations)
        case Busy(retry_after_ms=after_ms):
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromMilliseconds(after_ms)
            return retry
        case _:
            return None


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    """All that fit; the last entry then tells how many did not."""
    bad = error_details_pb2.BadRequest()
    room = _MAX_DETAIL_BYTES
    for index, (field, description) in enumerate(violations):
        room -= len(field.encode()) + len(description.encode()) + 8
        if room < 0:
            bad.field_violations.add(field="", description=f"and {len(violations) - index} more")
            break
        bad.field_violations.add(field=field, description=description)
    return bad

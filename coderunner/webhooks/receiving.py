"""The receipt of one callback, whatever web framework it came by."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.protobuf import json_format

from coderunner import responses
from coderunner.model import Execution, Progress
from coderunner.v1 import callback_pb2, execution_pb2
from coderunner.webhooks.errors import WebhookError
from coderunner.webhooks.seen import MemorySeen, Seen, SeenBefore
from coderunner.webhooks.signature import keys_of, verified_id

MAX_BODY_BYTES = 16 << 20
"""Twice as large as a result on CodeRunner's bus may be."""
TOLERANCE_S = 300.0
_BAD_REQUEST, _TOO_LARGE, _UNAVAILABLE = 400, 413, 503

_seen_here = MemorySeen()
"""Of this process: what ``receive`` remembers by where it is told of no other store."""


@contextmanager
def receive(
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: str | Iterable[str],
    seen: Seen | None = None,
    tolerance_s: float = TOLERANCE_S,
    now_s: Callable[[], float] = time.time,
) -> Iterator[Execution | None]:
    """The execution that a callback tells of, or None where it was handled before; a ``Progress`` where the task has
    not ended and its callback asked for that. ``body`` is as it came, undecoded.
    ``secrets``: of several, any one may have signed. ``seen``: the store of what was handled, in this process's memory
    where there is none.

    A callback counts as handled when the block ends without an exception; after one it comes again, if the answer says
    so (5xx). Raises WebhookError, with the status to answer with, before the block; ValueError for secrets that are
    none."""
    if len(body) > MAX_BODY_BYTES:
        raise WebhookError(f"a callback has at most {MAX_BODY_BYTES} bytes", _TOO_LARGE)
    message_id = verified_id(headers, body, keys_of(secrets), now_s=now_s(), tolerance_s=tolerance_s)
    execution = execution_of(body)
    store = _seen_here if seen is None else seen
    before = store.begin(message_id)
    if before is SeenBefore.UNDER_WAY:
        raise WebhookError("it is being handled; it may come again later", _UNAVAILABLE)
    if before is SeenBefore.YES:
        yield None
        return
    handled = False
    try:
        yield execution
        handled = True
    finally:
        store.end(message_id, handled=handled)


def execution_of(body: bytes) -> Execution:
    """The execution, or the progress, that a callback's body tells of, whoever sent it: only of progress it has a type
    and data. Raises WebhookError."""
    try:
        said = json.loads(body)
        if isinstance(said, dict) and "type" in said and "data" in said:
            return _progress(said["data"])
        message = json_format.ParseDict(said, execution_pb2.Execution(), ignore_unknown_fields=True)
    except (ValueError, TypeError, AttributeError, RecursionError, json_format.ParseError) as error:
        raise WebhookError("the body is no execution", _BAD_REQUEST) from error
    if not message.id:
        raise WebhookError("the body is no execution: it has no id", _BAD_REQUEST)
    return responses.execution(message)


def _progress(data: Any) -> Progress:
    message = json_format.ParseDict(data, callback_pb2.Progress(), ignore_unknown_fields=True)
    if not message.execution.id or message.event == execution_pb2.Callback.EVENT_UNSPECIFIED:
        raise WebhookError("the body is no progress of a kind that this version knows", _BAD_REQUEST)
    return responses.progress(message)

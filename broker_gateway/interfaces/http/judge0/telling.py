"""What a callback is told that is to hear of its submission as from Judge0."""

from __future__ import annotations

from functools import partial

import msgspec

from broker_gateway.application.ports import DeliveryError, Told
from broker_gateway.interfaces.http.dialect_files import made_of
from broker_gateway.interfaces.http.judge0.answers import Known, submission
from broker_gateway.interfaces.http.judge0.fields import DEFAULT
from schemas.progress import Progress


async def told_submission(told: Told) -> bytes:
    """The submission as JSON, as 1.13.1 sends it (``IsolateJob#call_callback``): the default fields, its texts in
    base64. Raises DeliveryError for progress, of which Judge0 tells nothing."""
    if isinstance(told, Progress):
        raise DeliveryError("Judge0 tells of no progress", permanent=True, was_made=False)
    known = Known.of(told)
    return await made_of(known.chars, partial(_body, known))


def _body(known: Known) -> bytes:
    return msgspec.json.encode(submission(known, DEFAULT, base64=True))

"""What an HTTP endpoint's answer means to the delivery of a webhook (RFC 9110, sections 10.2.3 and 15)."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from broker_gateway.application.ports import DeliveryError

_WORTH_ANOTHER_TRY = frozenset((408, 425, 429))
"""Client errors that pass: time-out, too early, too many requests."""
_MAX_HEADER_CHARS = 64
_MAX_DIGITS = 9


def judge(status: int, retry_after: str = "") -> None:
    """Returns where the endpoint took the execution. Raises DeliveryError: a server's error passes; a redirect is not
    followed, since it may lead where callbacks must not go, and would be the same the next time; so would a client
    error, but for those that say otherwise."""
    if 200 <= status < 300:
        return
    permanent = 300 <= status < 500 and status not in _WORTH_ANOTHER_TRY
    raise DeliveryError(
        f"the endpoint answered {status}",
        permanent=permanent,
        retry_after_s=None if permanent else retry_after_s(retry_after),
        answer=str(status),
    )


def retry_after_s(header: str) -> float | None:
    """The seconds that a ``Retry-After`` header asks for: a number, or a date; None where it has neither."""
    text = header.strip()[:_MAX_HEADER_CHARS]
    if text.isascii() and text.isdecimal():
        return float(text[:_MAX_DIGITS])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None

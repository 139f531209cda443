"""Messages of a stream that say nothing which we understand: whoever may publish on it may have put them there, and
they must not hide the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog
from nats.aio.msg import Msg

_Read = TypeVar("_Read")

_log = structlog.get_logger(__name__)


def read_or_none(decode: Callable[[bytes], _Read], message: Msg) -> _Read | None:
    """What it says; None where it cannot be read."""
    try:
        return decode(message.data)
    except ValueError as error:  # msgspec's errors are such
        _log.debug("stored_message_unreadable", subject=message.subject, error=str(error))
        return None

"""What a server says beside messages: the status of a pull request, of a direct get, of a request that nobody hears."""

from __future__ import annotations

from nats.aio.msg import Msg

from chassis.nats import acks

NO_RESPONDERS = "503"
_OF_STORED = "Nats-Sequence"
"""The server puts it on each stored message that it gives out, after the headers that the publisher chose."""


def status_of(message: Msg) -> str:
    """The status that the server itself answers with; empty for a message of a stream, whatever its publisher has
    written into its headers."""
    headers = message.headers or {}
    return "" if acks.is_delivered(message) or _OF_STORED in headers else str(headers.get("Status", ""))

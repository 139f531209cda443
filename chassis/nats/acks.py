"""JetStream's acknowledgement subjects and bodies (NATS ADR-15 and the "Acknowledgement models" of its
documentation)."""

from __future__ import annotations

from nats.aio.msg import Msg

ACK = b"+ACK"
"""Done: the message is gone."""
IN_PROGRESS = b"+WPI"
"""Still worked on: the ack wait starts anew."""
TERMINATE = b"+TERM"
"""Never to be delivered again; a reason may follow after a space."""

_PREFIX = "$JS.ACK."
_TOKENS_WITHOUT_DOMAIN = 9


def negative(delay_s: float) -> bytes:
    """The body of a negative acknowledgement: delivered again after ``delay_s`` seconds."""
    return b'-NAK {"delay": %d}' % int(delay_s * 1e9) if delay_s > 0 else b"-NAK"


def is_delivered(message: Msg) -> bool:
    """Tells a message that a consumer delivered from a status of its pull request."""
    return message.reply.startswith(_PREFIX)


def times_delivered(ack_subject: str) -> int:
    """The number of deliveries so far, from ``$JS.ACK.<stream>.<consumer>.<delivered>.…``; ``<domain>.<account>.`` may
    stand before the stream."""
    tokens = ack_subject.split(".")
    return int(tokens[4] if len(tokens) == _TOKENS_WITHOUT_DOMAIN else tokens[6])


def stream_sequence(ack_subject: str) -> int:
    """The message's sequence in its stream, which follows the number of deliveries."""
    tokens = ack_subject.split(".")
    return int(tokens[5] if len(tokens) == _TOKENS_WITHOUT_DOMAIN else tokens[7])


def pending(ack_subject: str) -> int:
    """How many messages the consumer had still to deliver after this one; a domain's subject has a token more."""
    tokens = ack_subject.split(".")
    return int(tokens[8] if len(tokens) == _TOKENS_WITHOUT_DOMAIN else tokens[10])

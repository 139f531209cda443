"""The rules of retrying: when a task that did not come to its end on this node is tried again (ADR 0006). Seconds."""

from __future__ import annotations

MAX_DELIVERIES = 40
"""Of one task, whether it was begun or not: what no node of its pool can start ends here, after some 150 s. An engine
that restarts, or a node that comes with the right language, has its chance until then."""

_MAX_PAUSE_S = 5.0
_MAX_PAUSE_FOR_OTHERS_S = 20.0
"""With ``MAX_DELIVERIES``: some 400 s in all."""
_LOST_MARGIN = 0.2


def lost_after(ack_wait_s: float) -> float:
    """How long after the last confirmed keep-alive a task is given up for lost. The server hands it to somebody else
    when the ack wait is over; the margin is for a confirmation that is on its way."""
    return ack_wait_s * (1 + _LOST_MARGIN)


def before_start(deliveries: int) -> float:
    """The pause of a task that was never begun here (no such language, no slot to be had): another node may take it
    soon."""
    return min(_MAX_PAUSE_S, 0.25 * deliveries)


def for_others(deliveries: int) -> float:
    """The pause of a task that waits for the installations of others: such a one takes seconds, sometimes minutes."""
    return min(_MAX_PAUSE_FOR_OTHERS_S, 0.5 * deliveries)


def after_failure(attempt: int) -> float:
    """The pause of a task that was begun and that we failed: none for the first time, then one in which an engine that
    stops has taken the last of its slots along, so that no task can lose three of them to one restart."""
    return 0.0 if attempt <= 1 else 3.0


def given_up(attempt: int, max_attempts: int, deliveries: int, *, begun: bool) -> bool:
    """True if there shall be no other try. Only tasks that were begun count as attempts: a task that nobody could start
    has done nothing wrong."""
    return (begun and attempt >= max_attempts) or deliveries >= MAX_DELIVERIES

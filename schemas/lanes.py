"""The lanes of a queue (docs/adr/0013-fair-shares-by-lanes.md): parts of one pool's and priority's queue.

The more tasks a client has waiting, the later the lane that its next task goes to; nodes serve the earlier lanes first,
and each later one has a share.
"""

from __future__ import annotations

import msgspec

from schemas.status import Priority

FIRST = 0
"""The lane of everybody who has few tasks waiting. It is all of the queue to a version that knows no lanes."""
LANES = 6
"""Of each queue."""
LATER = range(FIRST + 1, LANES)
"""The lanes that nothing waits in unless some client has a backlog."""
FIRST_LANE_TASKS = 16
"""So many tasks of one client wait in the first lane; up to the end of each later one three times as many."""
_GROWTH = 3


def lane_of(waiting: int) -> int:
    """The lane of a client's next task, where so many of its tasks wait in the queue already."""
    lane, most = FIRST, FIRST_LANE_TASKS
    while waiting >= most and lane < LANES - 1:
        lane, most = lane + 1, most * _GROWTH
    return lane


class BacklogNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Says to the nodes of a pool that tasks wait in a later lane. Sent on ``names.backlog_subject``."""

    priority: Priority
    lane: int

"""What gateway and node say to each other about a program that is talked to (docs/adr/0033, docs/adr/0046)."""

from __future__ import annotations

import msgspec

from schemas.execution import OutputChunk
from schemas.interaction import Said

PRINTED_BYTES = 256 << 10
"""Of what a program has printed lately, as JSON: so much its node can tell again."""


class TalkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What was said to a task since its node was last told; nothing: its client is still there."""

    id: str
    first: int
    """The number of the first in ``said``. The first thing that is said to a task is number 1, in each attempt anew."""
    said: list[Said]
    returns: bool = False
    """Its client comes back, and may have missed output. An older node tells it none again."""


class TalkReply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the node that has the task in its hands."""

    id: str
    attempt: int
    taken: int
    """It has all up to this number, in this attempt. What comes again is not taken twice, and nothing is taken before
    what precedes it."""
    full: bool
    """More than it has is not taken."""
    waits: bool
    """Its program waits for its input now, as far as its node knows."""
    printed: list[OutputChunk] = []
    """For a client that comes back: the last of what the program has printed in this attempt, in order."""


class TalkRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a node that has not."""

    unknown: str
    """The task's id."""

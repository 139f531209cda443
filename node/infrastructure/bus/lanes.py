"""The later lanes of a node's queues (docs/adr/0013-fair-shares-by-lanes.md): no request waits there, so gateways tell
of them, and now and then all are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from node.domain.lane_plan import LaneShare, lane_plan
from node.infrastructure.bus.pull import Queue
from schemas import names
from schemas.lanes import LATER, BacklogNotice
from schemas.reader import Reader

LOOK_EVERY_S = 5.0
"""A notice may be lost; a task that it told of is found after this."""

_decoder = Reader(BacklogNotice)


class Lanes:
    """The later lanes in which tasks may wait. Queues are named by their first lane."""

    def __init__(self, queues: Iterable[Queue], on_notice: Callable[[], None]) -> None:
        self._queues = tuple(queues)
        self._on_notice = on_notice
        self._told: dict[Queue, int] = {}
        """Lanes in which tasks may wait, with the number of the notice that said so last."""
        self._number = 0
        self._picks = dict.fromkeys(self._queues, 1)
        self._look_at = 0.0
        self._log = structlog.get_logger(__name__)

    @property
    def told(self) -> bool:
        """True where a lane was told of, and has not been found empty since."""
        return bool(self._told)

    def look(self, now: float) -> None:
        """Has all of them looked at once more, where it is time."""
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            for queue in self._queues:
                for lane in LATER:
                    self._note(queue.of_lane(lane))

    def look_soon(self) -> None:
        """Has all of them looked at: notices may have been lost."""
        self._look_at = 0.0

    def plan(self, queue: Queue, free: int) -> list[LaneShare]:
        """The order in which the queue's lanes are asked for ``free`` tasks."""
        later = [lane for lane in LATER if queue.of_lane(lane) in self._told]
        return lane_plan(self._picks[queue], free, later)

    def taken(self, queue: Queue, tasks: int) -> None:
        """Counts what was taken from the queue."""
        self._picks[queue] += tasks

    def notice_of(self, lane: Queue) -> int:
        """The number of the last notice of this lane; 0 for a first lane, and for what nobody told of."""
        return self._told.get(lane, 0)

    def found_empty(self, lane: Queue, notice: int) -> None:
        """Nothing waited there when it was asked; what was told of since then still counts."""
        if self._told.get(lane) == notice:
            del self._told[lane]

    def forget(self) -> None:
        """The bus does not answer: they are looked at later."""
        self._told.clear()

    async def listen(self, client: Client) -> None:
        """Hears the notices of the gateways; once for each client."""
        for pool in {queue.pool for queue in self._queues}:
            await client.subscribe(names.backlog_subject(pool), cb=self._notice)

    async def _notice(self, message: Msg) -> None:
        try:
            notice = _decoder.decode(message.data)
        except msgspec.MsgspecError as error:
            self._log.warning("not_a_backlog_notice", error=str(error))
            return
        queue = Queue(message.subject.rpartition(".")[2], notice.priority)
        if queue in self._picks and notice.lane in LATER:
            self._note(queue.of_lane(notice.lane))
            self._on_notice()

    def _note(self, lane: Queue) -> None:
        self._number += 1
        self._told[lane] = self._number

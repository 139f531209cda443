"""Installations that are under way, and whose turn the next one is (ADR 0040)."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from node.application.ports import OnOutput
from node.domain.layers import Installation

_LATELY_S = 25.0
"""Who was put off comes again within this (``node.domain.retries.for_others``), or came to another node."""
_PIECE_BYTES = 32 << 10
"""Of what an installer has said, as it is told to who comes later: it may have come in bytes."""
_MAX_CLIENTS = 256
"""Of which it is remembered that they were put off, or served."""


class PackagesBusyError(Exception):
    """This node installs for others now, or for the same client: another node may, or this one later."""


class Turns:
    """Says who may wait for packages, and who may have others installed. Waits for nothing."""

    def __init__(self, installations: int, waiting: int, clock: Callable[[], float]) -> None:
        """``installations``: the most at once, of one client one; ``waiting``: the most tasks that wait for one;
        ``clock``: seconds."""
        self.put_off = 0
        """Tasks that were handed back."""
        self._installations = installations
        self._may_wait = waiting
        self._clock = clock
        self._under_way: dict[str, UnderWay] = {}
        """By the orders' keys."""
        self._waiting: Counter[str] = Counter()
        """Tasks by their client."""
        self._put_off: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By client, when it was put off first and last since it had its way."""
        self._served: OrderedDict[str, float] = OrderedDict()
        """By client, when it last had something installed."""

    def joined(self, client: str, key: str, *, in_need: bool = True) -> tuple[UnderWay, bool]:
        """The installation that a task of the client is to wait for, and whether it is new. Raises PackagesBusyError;
        where the task is ``in_need`` it comes again then, and its client has a turn."""
        under_way = self._under_way.get(key)
        why = self._why_not_wait(client)
        if not why and under_way is None:
            why = self._why_not_install(client)
        elif under_way is not None and under_way.abandoned.is_set():
            why = why or "an installation that nobody waited for ends now"
        if why:
            if in_need:
                self._note_put_off(client)
            raise PackagesBusyError(why)
        self._put_off.pop(client, None)
        if under_way is not None:
            return under_way, False
        under_way = self._under_way[key] = UnderWay(client)
        return under_way, True

    @contextmanager
    def waiting(self, client: str) -> Iterator[None]:
        """A task of the client waits for as long as the block lasts."""
        self._waiting[client] += 1
        try:
            yield
        finally:
            self._waiting[client] -= 1
            if not self._waiting[client]:
                del self._waiting[client]

    def end(self, key: str) -> None:
        """Is told that an installation has ended, however it did."""
        client = self._under_way.pop(key).client
        self._served[client] = self._clock()
        self._served.move_to_end(client)
        if len(self._served) > _MAX_CLIENTS:
            self._served.popitem(last=False)

    def _why_not_wait(self, client: str) -> str:
        """A client has all places while nobody else wants one, and half of them otherwise."""
        if self._waiting.total() >= self._may_wait:
            return "as many tasks wait for packages as this node lets wait"
        others = any(other != client for other in (*self._waiting, *self._put_off_lately()))
        if others and self._waiting[client] >= max(1, self._may_wait // 2):
            return "as many tasks of this client wait for packages as others leave room for"
        return ""

    def _why_not_install(self, client: str) -> str:
        """Where somebody was put off, who was served since then does not come first."""
        served_now = {one.client for one in self._under_way.values()}
        free = self._installations - len(self._under_way)
        if free <= 0 or client in served_now:
            return "this node installs other packages now"
        served_s = self._served.get(client, float("-inf"))
        before_it = [
            other
            for other, first_s in self._put_off_lately().items()
            if other != client and other not in served_now and first_s <= served_s
        ]
        return "it is another client's turn" if len(before_it) >= free else ""

    def _put_off_lately(self) -> dict[str, float]:
        """When those were put off first that still come again."""
        since_s = self._clock() - _LATELY_S
        return {client: first_s for client, (first_s, last_s) in self._put_off.items() if last_s >= since_s}

    def _note_put_off(self, client: str) -> None:
        self.put_off += 1
        now_s = self._clock()
        first_s = self._put_off_lately().get(client, now_s)
        self._put_off[client] = (first_s, now_s)
        self._put_off.move_to_end(client)
        if len(self._put_off) > _MAX_CLIENTS:
            self._put_off.popitem(last=False)


class UnderWay:
    """An installation that somebody waits for."""

    def __init__(self, client: str) -> None:
        self.client = client
        """Who asked first."""
        self.ended: asyncio.Future[Installation] = asyncio.get_running_loop().create_future()
        self.ended.add_done_callback(lambda ended: ended.exception())  # nobody may be left to see it
        self.abandoned = asyncio.Event()
        """Set once all have left before it ended: nobody joins it any more."""
        self._said: list[tuple[str, bytearray]] = []
        self._listeners: list[OnOutput] = []
        self._all_left = asyncio.Event()

    def listen(self, listener: OnOutput) -> None:
        """Is told all that the installer has said, and says. Its output limit bounds that."""
        for stream, data in self._said:
            listener(stream, bytes(data))
        self._listeners.append(listener)

    def leave(self, listener: OnOutput) -> None:
        """Is told no more."""
        self._listeners.remove(listener)
        if not self._listeners:
            self._all_left.set()
            if not self.ended.done():
                self.abandoned.set()

    async def left(self) -> None:
        """Waits until nobody listens any more: all have what they waited for."""
        if self._listeners:
            self._all_left.clear()
            await self._all_left.wait()

    def say(self, stream: str, data: bytes) -> None:
        """Passes on what the installer says."""
        if self._said and self._said[-1][0] == stream and len(self._said[-1][1]) < _PIECE_BYTES:
            self._said[-1][1].extend(data)
        else:
            self._said.append((stream, bytearray(data)))
        for listener in self._listeners:
            listener(stream, data)

    def finish(self, ended: Installation) -> None:
        """Tells how it ended."""
        if not self.ended.done():
            self.ended.set_result(ended)

    def fail(self, error: Exception) -> None:
        """Tells why it did not end."""
        if not self.ended.done():
            self.ended.set_exception(error)

"""The memory of callbacks that were handled: they come at least once, and are handled once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from enum import Enum, auto
from typing import Protocol


class SeenBefore(Enum):
    """What is known of a callback when it comes."""

    NO = auto()
    UNDER_WAY = auto()
    """It came before and is being handled: whether it will have been handled is not known yet."""
    YES = auto()
    """It came before and was handled."""


class Seen(Protocol):
    """A store of the ids of callbacks; several processes may share one."""

    def begin(self, message_id: str) -> SeenBefore:
        """Notes that the callback is being handled from now on, unless it is or was, in one step."""
        ...

    def end(self, message_id: str, *, handled: bool) -> None:
        """Notes that it was handled, or forgets it: then it is to come again."""
        ...


class MemorySeen:
    """Implements ``Seen`` in this process's memory, for several threads: of the callbacks that were handled the
    newest."""

    def __init__(self, max_ids: int = 100_000) -> None:
        self._max_ids = max_ids
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._handled: OrderedDict[str, None] = OrderedDict()

    def begin(self, message_id: str) -> SeenBefore:
        with self._lock:
            if message_id in self._handled:
                return SeenBefore.YES
            if message_id in self._under_way:
                return SeenBefore.UNDER_WAY
            self._under_way.add(message_id)
            return SeenBefore.NO

    def end(self, message_id: str, *, handled: bool) -> None:
        with self._lock:
            self._under_way.discard(message_id)
            if handled:
                self._handled[message_id] = None
                if len(self._handled) > self._max_ids:
                    self._handled.popitem(last=False)

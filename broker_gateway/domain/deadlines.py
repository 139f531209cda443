"""The queue deadlines that a gateway knows of (docs/adr/0011-the-gateway-keeps-the-queue-deadline.md)."""

from __future__ import annotations

import heapq


class Deadlines:
    """A priority queue of task ids by when each is to be looked at; Unix milliseconds. A task stands in it once."""

    def __init__(self) -> None:
        self._at_ms: dict[str, int] = {}
        self._order: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._at_ms)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._at_ms

    @property
    def next_ms(self) -> int | None:
        """When the first of them is due."""
        while self._order and self._at_ms.get(self._order[0][1]) != self._order[0][0]:
            heapq.heappop(self._order)  # it was noted again since, for another time
        return self._order[0][0] if self._order else None

    def note(self, task_id: str, at_ms: int) -> None:
        """Has the task looked at then, and not when it was noted for before."""
        if self._at_ms.get(task_id) != at_ms:
            self._at_ms[task_id] = at_ms
            heapq.heappush(self._order, (at_ms, task_id))

    def take_due(self, now_ms: int, max_tasks: int) -> list[str]:
        """Removes those that are due, at most so many, and returns them, the first first."""
        due: list[str] = []
        while len(due) < max_tasks and (at_ms := self.next_ms) is not None and at_ms <= now_ms:
            task_id = heapq.heappop(self._order)[1]
            del self._at_ms[task_id]
            due.append(task_id)
        return due

    def clear(self) -> None:
        """Forgets all of them."""
        self._at_ms.clear()
        self._order.clear()

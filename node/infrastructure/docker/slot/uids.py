"""Which user ids of this host belong to slots."""

from __future__ import annotations


class Uids:
    """One uid belongs to one slot at a time, so what the kernel counts and permits by user never spans two slots."""

    def __init__(self, base: int) -> None:
        self._base = base
        self._taken: set[int] = set()

    def take(self) -> int:
        """The lowest that is free."""
        uid = self._base
        while uid in self._taken:
            uid += 1
        self._taken.add(uid)
        return uid

    def mark_taken(self, uid: int) -> None:
        """Somebody has it already: an adopted slot, or another node's."""
        self._taken.add(uid)

    def give_back(self, uid: int) -> None:
        self._taken.discard(uid)

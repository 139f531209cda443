"""Hands out user ids: every slot of the host has its own (ADR 0002)."""

from __future__ import annotations


class Uids:
    """The user ids of slots. One belongs to one slot at a time: the kernel counts and permits by uid, so two slots that
    shared one would share limits."""

    def __init__(self, base: int) -> None:
        self._base = base
        self._taken: set[int] = set()

    def take(self) -> int:
        """Takes the lowest uid that is free."""
        uid = self._base
        while uid in self._taken:
            uid += 1
        self._taken.add(uid)
        return uid

    def mark_taken(self, uid: int) -> None:
        """Notes that a slot has the uid already: an adopted one, or another node's."""
        self._taken.add(uid)

    def give_back(self, uid: int) -> None:
        """Makes the uid free for another slot, once its own is gone."""
        self._taken.discard(uid)

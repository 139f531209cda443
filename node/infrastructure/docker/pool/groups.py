"""The slot groups of all languages: those that tasks get slots from, and those that are tried out or let go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chassis.background import Background
from node.domain.sandbox import Role
from node.infrastructure.docker.pool.group import SlotGroup


class Groups:
    """One group for each role of a language is in use; others stand aside, until they are, or until nobody holds a slot
    of theirs."""

    def __init__(self, background: Background) -> None:
        self.in_use: dict[tuple[str, Role], SlotGroup] = {}
        """By the language's id and role."""
        self._aside: set[SlotGroup] = set()
        self._background = background

    def every(self) -> Sequence[SlotGroup]:
        """All that have slots."""
        return [*self.in_use.values(), *self._aside]

    def of(self, language_id: str) -> Mapping[Role, SlotGroup]:
        """Those of a language that are in use."""
        return {role: group for (name, role), group in self.in_use.items() if name == language_id}

    def try_out(self, groups: Iterable[SlotGroup]) -> None:
        """Keeps in mind those that are not in use, and may be."""
        self._aside.update(set(groups) - set(self.in_use.values()))

    def use(self, language_id: str, groups: Mapping[Role, SlotGroup]) -> None:
        """Puts these in use, and lets go the language's others."""
        before = self.of(language_id)
        for role in before:
            del self.in_use[language_id, role]
        for role, group in groups.items():
            self.in_use[language_id, role] = group
        self._aside -= set(groups.values())
        self.let_go(set(before.values()) - set(groups.values()))

    def let_go(self, groups: Iterable[SlotGroup]) -> None:
        """Dissolves those that are not in use, in the background: each once nobody holds a slot of it."""
        for group in set(groups) - set(self.in_use.values()):
            self._aside.add(group)
            self._background.spawn(self._dissolve(group))

    async def _dissolve(self, group: SlotGroup) -> None:
        await group.wait_until_quiet()
        await group.dissolve()
        self._aside.discard(group)

"""The policy of a slot group: how many slots it keeps, for how long, and which of them it hands out first."""

from __future__ import annotations

from dataclasses import dataclass, field

from chassis.backoff import Backoff
from node.domain.language import Language
from node.domain.sandbox import Role
from node.infrastructure.docker.settings import DockerSettings, Isolation


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """The rules by which one ``SlotGroup`` makes, hands out and replaces its slots."""

    max_slots: int
    """The greatest number of slots at once, spares of single use not counted."""
    spare: int
    """Reuse: the number of slots that always exist. Single use: the number of slots that always wait unused."""
    single_use: bool
    """Whether a slot is destroyed after its first task."""
    retire_after: int
    """The number of launches after which a slot is replaced."""
    longest_idle_first: bool = False
    """Whether the slot that has waited longest is handed out first, so that an interpreter that starts in the one used
    last has time for that; otherwise it is the one used last, whose memory is warm."""
    backoff: Backoff = field(default_factory=lambda: Backoff(base_s=0.2, max_s=5.0))
    """The pauses between two attempts to make a slot while the engine refuses."""


def policy_for(language: Language, role: Role, settings: DockerSettings) -> GroupPolicy:
    """The policy of the group for that language and role."""
    warm = language.warm_for(role)
    return GroupPolicy(
        max_slots=settings.compile_slots if role is Role.COMPILE else settings.concurrency,
        spare=max(1, settings.spare),
        single_use=settings.isolation is Isolation.SINGLE_USE,
        retire_after=settings.retire_after,
        longest_idle_first=warm is not None and warm.kind == "prestart",
    )

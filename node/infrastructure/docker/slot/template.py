"""The slot template: what the slots of one language and role have in common, the image they are made from, and their
size.

ADR 0004 explains why a compiled language has compile slots beside its run slots.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from node.domain.language import Language
from node.domain.sandbox import Role
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.mounts import Scratch
from schemas.task import Limits


@dataclass(frozen=True, slots=True)
class SlotSize:
    """The memory, disk and number of processes that one slot grants its program."""

    memory_bytes: int
    disk_bytes: int
    processes: int


@dataclass(frozen=True, slots=True)
class SlotTemplate:
    """The image, language, role and size that slots are made from. A ``ContainerSpec`` is a template with the uid of
    one slot."""

    language: Language
    role: Role
    image: str
    """Id of the language's image with the agent in it."""
    size: SlotSize
    precompiled: str = ""
    """The volume with what was precompiled for this image; empty where nothing is."""
    scratch: Scratch | None = None
    """The folder that an installer writes to; None: it is no installer's slot."""

    def grants(self, limits: Limits) -> bool:
        """Whether its slots have the disk and the processes that ``limits`` ask for. Their memory can be changed."""
        return limits.disk_bytes <= self.size.disk_bytes and limits.processes <= self.size.processes

    def enlarged(self, limits: Limits, memory_bytes: int) -> SlotTemplate:
        """The same template with exactly ``memory_bytes``, and with the disk and processes of ``limits`` where those
        are more."""
        size = SlotSize(
            memory_bytes=memory_bytes,
            disk_bytes=max(limits.disk_bytes, self.size.disk_bytes),
            processes=max(limits.processes, self.size.processes),
        )
        return dataclasses.replace(self, size=size)


def usual_size(language: Language, role: Role, settings: DockerSettings) -> SlotSize:
    """The size of the slots that are started ahead of need."""
    if role is Role.COMPILE:
        stage = language.compile
        if stage is None:
            raise ValueError(f"{language.name} has no compile stage")
        return SlotSize(stage.memory_bytes, stage.disk_bytes, stage.processes)
    return SlotSize(settings.memory_bytes, settings.disk_bytes, settings.processes)

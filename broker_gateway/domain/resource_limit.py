"""The limits of one run, and the range that a client may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from broker_gateway.domain.violation import Violation
from schemas.task import Limits

MIB = 1 << 20
WALL_MARGIN_MS = 5_000
"""As much as the defaults leave: for waiting, and for a machine that is busy."""


class Allowed(NamedTuple):
    """The range of one limit that a client may ask for."""

    minimum: int
    maximum: int


_NOTHING = Allowed(1, 0)

DEFAULT_LIMITS = Limits(
    cpu_ms=5_000,
    wall_ms=10_000,
    memory_bytes=256 * MIB,
    processes=64,
    output_bytes=64 << 10,
    disk_bytes=64 * MIB,
    open_files=256,
    file_bytes=64 * MIB,
)


@dataclass(frozen=True, slots=True)
class LimitRules:
    """The defaults, and the range of each limit by its field name in ``schemas.task.Limits``."""

    defaults: Limits = DEFAULT_LIMITS
    allowed: Mapping[str, Allowed] = field(
        default_factory=lambda: {
            "cpu_ms": Allowed(1, 60_000),
            "wall_ms": Allowed(1, 120_000),
            "memory_bytes": Allowed(4 * MIB, 1024 * MIB),  # Docker itself refuses a container below this order
            "processes": Allowed(1, 512),
            "output_bytes": Allowed(1, MIB),
            "disk_bytes": Allowed(4096, 512 * MIB),  # one page
            "open_files": Allowed(16, 4096),  # fewer do not start an interpreter
            "file_bytes": Allowed(1, 512 * MIB),
        }
    )

    def __post_init__(self) -> None:
        """Raises ValueError where a default is outside its own range, or a range is missing."""
        for name in Limits.__struct_fields__:
            minimum, maximum = self.allowed.get(name, _NOTHING)
            if not minimum <= getattr(self.defaults, name) <= maximum:
                raise ValueError(f"the default of {name} must lie between {minimum} and {maximum}")

    def violations(self, asked: Mapping[str, int], path: str) -> Iterator[Violation]:
        """What is wrong with the limits that are asked for; ``path`` is what contains them."""
        for name, value in asked.items():
            minimum, maximum = self.allowed[name]
            if not minimum <= value <= maximum:
                yield Violation(f"{path}.{name}", f"must be between {minimum} and {maximum}, is {value}")


@dataclass(frozen=True, slots=True)
class ResourceLimit:
    """The limits of one run."""

    value: Limits
    max_wall_ms: int = LimitRules().allowed["wall_ms"].maximum
    """What a wall limit that nobody asked for does not exceed."""

    def changed_by(self, asked: Mapping[str, int]) -> ResourceLimit:
        """These limits, replaced by what is asked for. Unless asked for, a file may be as large as the disk, and the
        wall limit leaves WALL_MARGIN_MS beyond the processor limit: the program meets the one that was asked for."""
        if not asked:
            return self
        changes = dict(asked)
        if "disk_bytes" in asked:
            changes.setdefault("file_bytes", asked["disk_bytes"])
        if "cpu_ms" in asked and "wall_ms" not in asked:
            follows_ms = min(asked["cpu_ms"] + WALL_MARGIN_MS, self.max_wall_ms)
            changes["wall_ms"] = max(self.value.wall_ms, follows_ms)
        return ResourceLimit(msgspec.structs.replace(self.value, **changes), self.max_wall_ms)

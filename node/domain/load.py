"""The node's load: how busy it is, and how much it takes on because of it. All percentages are 0 to 100."""

from __future__ import annotations

import math
from dataclasses import dataclass

from schemas.status import NodeState


@dataclass(frozen=True, slots=True)
class Load:
    """The machine as measured, other programs included."""

    cpu_percent: float
    memory_percent: float
    disk_percent: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The percentages at or over any of which the node is overloaded."""

    cpu_percent: float = 95.0
    memory_percent: float = 90.0
    disk_percent: float = 95.0


def load_score(load: Load, running: int, capacity: int) -> float:
    """0 (idle) to 100: ``0.4 cpu + 0.4 memory + 0.2 (running / capacity)``."""
    used = 100.0 * running / capacity if capacity else 100.0
    return min(100.0, 0.4 * load.cpu_percent + 0.4 * load.memory_percent + 0.2 * min(100.0, used))


def decile(score: float) -> int:
    """The pull priority of a load score: 0 (served first) to 9."""
    return max(0, min(9, math.floor(score / 10)))


def foreign_cpu(load: Load, own_tasks: int, cores: int) -> float:
    """Processor time that the node's own tasks do not explain. A machine that is busy with our tasks is doing its
    work; one that is busy with something else should get less of it."""
    own = 100.0 * min(own_tasks, cores) / max(1, cores)
    return max(0.0, load.cpu_percent - own)


def alarms(load: Load, thresholds: Thresholds, foreign_cpu_percent: float) -> tuple[str, ...]:
    """Which thresholds the node is over, in words; empty where all is well."""
    measured = (
        ("cpu (other programs)", foreign_cpu_percent, thresholds.cpu_percent),
        ("memory", load.memory_percent, thresholds.memory_percent),
        ("disk", load.disk_percent, thresholds.disk_percent),
    )
    return tuple(f"{name} {value:.0f} % >= {limit:.0f} %" for name, value, limit in measured if value >= limit)


def effective_concurrency(concurrency: int, load: Load, thresholds: Thresholds, foreign_cpu_percent: float) -> int:
    """How many tasks may run now: none while memory or disk is short; fewer, but at least one, the more processor time
    over one half other programs take (a busy machine is slow, not broken)."""
    if load.memory_percent >= thresholds.memory_percent or load.disk_percent >= thresholds.disk_percent:
        return 0
    if foreign_cpu_percent >= thresholds.cpu_percent:
        return 1
    share = 1.0 - max(0.0, foreign_cpu_percent - 50.0) / 50.0
    return max(1, math.ceil(concurrency * share))


def node_state(*, started: bool, draining: bool, alarmed: bool) -> NodeState:
    """The state that the directory tells of a node; draining outranks everything."""
    if draining:
        return NodeState.DRAINING
    if not started:
        return NodeState.STARTING
    return NodeState.OVERLOADED if alarmed else NodeState.READY

from __future__ import annotations

import pytest

from node.domain.load import (
    Load,
    Thresholds,
    alarms,
    decile,
    effective_concurrency,
    foreign_cpu,
    load_score,
    node_state,
)
from schemas.status import NodeState


@pytest.mark.parametrize(
    ("load", "running", "score"),
    [
        (Load(0, 0, 0), 0, 0),
        (Load(100, 100, 0), 4, 100),
        (Load(50, 25, 99), 2, 0.4 * 50 + 0.4 * 25 + 0.2 * 50),
        (Load(0, 0, 0), 4, 20),
    ],
)
def test_the_score_weighs_cpu_memory_and_running_tasks(load: Load, running: int, score: float) -> None:
    assert load_score(load, running, 4) == pytest.approx(score)


def test_more_tasks_than_capacity_never_score_over_100() -> None:
    assert load_score(Load(100, 100, 100), 9, 4) == 100
    assert load_score(Load(0, 0, 0), 9, 4) == load_score(Load(0, 0, 0), 0, 0) == 20
    assert load_score(Load(103, 100, 0), 4, 4) == 100


@pytest.mark.parametrize(("score", "expected"), [(0, 0), (9.99, 0), (10, 1), (99.9, 9), (100, 9), (-1, 0)])
def test_the_decile_of_a_score_is_0_to_9(score: float, expected: int) -> None:
    assert decile(score) == expected


def test_processor_time_of_our_own_tasks_is_not_foreign() -> None:
    assert foreign_cpu(Load(100, 0, 0), own_tasks=2, cores=2) == 0
    assert foreign_cpu(Load(90, 0, 0), own_tasks=1, cores=2) == 40
    assert foreign_cpu(Load(20, 0, 0), own_tasks=5, cores=2) == 0


def test_a_node_that_is_busy_with_its_own_tasks_raises_no_alarm() -> None:
    assert alarms(Load(100, 10, 10), Thresholds(), foreign_cpu_percent=0) == ()


def test_each_threshold_has_its_own_words() -> None:
    raised = alarms(Load(99, 91, 96), Thresholds(), foreign_cpu_percent=97)
    assert [words.split()[0] for words in raised] == ["cpu", "memory", "disk"]


@pytest.mark.parametrize("load", [Load(0, 90, 0), Load(0, 91, 0), Load(0, 0, 95), Load(0, 0, 96)])
def test_a_node_short_of_memory_or_disk_takes_nothing(load: Load) -> None:
    assert effective_concurrency(8, load, Thresholds(), 0) == 0


@pytest.mark.parametrize(("foreign", "expected"), [(0, 8), (50, 8), (75, 4), (94, 1), (95, 1), (100, 1)])
def test_other_programs_that_use_the_processor_leave_fewer_slots(foreign: float, expected: int) -> None:
    assert effective_concurrency(8, Load(100, 0, 0), Thresholds(), foreign) == expected


@pytest.mark.parametrize(("foreign", "expected"), [(0, 100), (50, 100), (51, 98), (94, 12), (95, 1), (96, 1)])
def test_a_large_node_runs_its_share_up_to_the_threshold_for_the_processor(foreign: float, expected: int) -> None:
    assert effective_concurrency(100, Load(100, 0, 0), Thresholds(), foreign) == expected


def test_draining_outranks_every_other_state() -> None:
    assert node_state(started=False, draining=True, alarmed=True) is NodeState.DRAINING
    assert node_state(started=False, draining=False, alarmed=True) is NodeState.STARTING
    assert node_state(started=True, draining=False, alarmed=True) is NodeState.OVERLOADED
    assert node_state(started=True, draining=False, alarmed=False) is NodeState.READY

"""The fractions in a node's load."""

from __future__ import annotations

import pytest

from node.domain.load import Load, foreign_cpu, load_score


def test_a_task_explains_one_core_of_however_many() -> None:
    assert foreign_cpu(Load(90, 0, 0), own_tasks=1, cores=3) == pytest.approx(90 - 100 / 3)
    assert foreign_cpu(Load(90, 0, 0), own_tasks=2, cores=3) == pytest.approx(90 - 200 / 3)


def test_the_load_score_tells_a_third_of_the_slots_from_a_quarter() -> None:
    assert load_score(Load(0, 0, 0), running=1, capacity=3) == pytest.approx(20 / 3)
    assert load_score(Load(0, 0, 0), running=1, capacity=4) == pytest.approx(5)

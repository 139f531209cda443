"""The load of a machine that a node's own tasks do not explain."""

from __future__ import annotations

import pytest

from node.domain.load import Load, foreign_cpu


def test_a_task_explains_one_core_of_however_many() -> None:
    assert foreign_cpu(Load(90, 0, 0), own_tasks=1, cores=3) == pytest.approx(90 - 100 / 3)
    assert foreign_cpu(Load(90, 0, 0), own_tasks=2, cores=3) == pytest.approx(90 - 200 / 3)

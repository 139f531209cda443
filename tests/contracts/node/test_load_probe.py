"""What the load score relies on, of the fake as of the machine's own figures."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest

from node.application.ports import LoadProbe
from node.infrastructure.load_probe import PsutilProbe
from tests.contracts.implementations import MEMORY, picked
from tests.fakes.node import FixedProbe


@pytest.fixture
def memory_probe() -> LoadProbe:
    return FixedProbe(cpu=12.5, memory=40.0, disk=99.0)


@pytest.fixture
def machine_probe(tmp_path: Path) -> LoadProbe:
    return PsutilProbe(tmp_path)


@pytest.fixture(params=[MEMORY, "machine"])
def probe(request: pytest.FixtureRequest) -> LoadProbe:
    found: LoadProbe = picked(request)
    return found


def test_every_figure_is_a_percentage_from_the_first_time_on(probe: LoadProbe) -> None:
    for _ in range(3):
        assert all(0 <= figure <= 100 for figure in astuple(probe.measure()))


def test_a_machine_that_runs_uses_memory_and_disk(probe: LoadProbe) -> None:
    load = probe.measure()
    assert min(load.memory_percent, load.disk_percent) > 0

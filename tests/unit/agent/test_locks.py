"""The watch on file locks, on a list as the kernel writes it and a meter whose figures the test sets."""

from __future__ import annotations

import fcntl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.agent.lock_list import LockList
from node.agent.locks import MAX_LOCKS, LockWatch
from node.agent.meter import Meter

OURS = "1: POSIX  ADVISORY  WRITE 17 00:3a:5 0 0\n"


@dataclass
class SetMeter(Meter):
    lock_list: LockList
    cpu: float = 0.0
    system: float = 0.0

    def cpu_ms(self) -> float:
        return self.cpu

    def system_ms(self) -> float:
        return self.system


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "locks"


def test_more_than_anybody_needs_is_too_many(listed: Path) -> None:
    meter = SetMeter(LockList(str(listed)))
    watch = LockWatch(meter)
    listed.write_text(OURS * MAX_LOCKS)
    meter.system = 60
    assert not watch.too_many()
    listed.write_text(OURS * MAX_LOCKS + "2: -> FLOCK  ADVISORY  READ 18 00:3a:5 0 EOF\n")
    meter.system = 120
    assert watch.too_many()


def test_locks_of_others_and_of_nobody_do_not_count(listed: Path) -> None:
    meter = SetMeter(LockList(str(listed)))
    watch = LockWatch(meter)
    listed.write_text((OURS.replace("17", "-1") + OURS.replace("17", "0") + "nonsense\n") * MAX_LOCKS)
    meter.system = 60
    assert not watch.too_many()


@pytest.mark.parametrize(("system", "cpu", "looks"), [(10, 900, False), (60, 60, True), (0, 1_100, True)])
def test_the_list_is_read_for_those_who_used_the_kernel(listed: Path, system: int, cpu: int, looks: bool) -> None:
    meter = SetMeter(LockList(str(listed)))
    watch = LockWatch(meter)
    listed.write_text(OURS * (MAX_LOCKS + 1))
    meter.system, meter.cpu = system, cpu
    assert watch.too_many() == looks


def test_a_kernel_without_a_list_has_no_such_locks(listed: Path) -> None:
    meter = SetMeter(LockList(str(listed)))
    watch = LockWatch(meter)
    meter.system = 60
    assert not watch.too_many()


def test_a_list_that_is_kept_is_read_from_its_start_each_time(listed: Path) -> None:
    listed.write_text(OURS * 5)
    kept = LockList(str(listed), kept=True)
    with listed.open("a") as more:
        more.write(OURS * 100_000)
    assert [kept.has_more_than(count) for count in (4, 5, 100_004, 100_005, 4)] == [True, True, True, False, True]


def test_a_list_that_is_kept_is_not_opened_again(listed: Path) -> None:
    listed.write_text(OURS)
    kept = LockList(str(listed), kept=True)
    listed.unlink()
    assert kept.has_more_than(0)


def test_the_kernels_own_list_can_be_kept() -> None:
    kept = LockList(kept=True)
    with tempfile.TemporaryFile() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert kept.has_more_than(0)
    assert not kept.has_more_than(1 << 20)

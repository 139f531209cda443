"""One run's resource account, on a meter whose figures the test sets."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from node.agent.account import Account
from node.agent.disk import Disk
from node.agent.lock_list import LockList
from node.agent.meter import Meter, Reading

MIB = 1 << 20
LIMITS = {"cpu_ms": 60_000, "wall_ms": 60_000, "memory_bytes": 64 * MIB, "processes": 8, "disk_bytes": 1 << 60}


@dataclass
class SetMeter(Meter):
    """A meter that reads what it is set to."""

    cpu: float = 1000.0
    memory: int = 10 * MIB
    peak: int = 12 * MIB
    kills: int = 1
    hits: int = 1
    count: int = 3
    cache: int = 0
    memory_limit_bytes: int = 0
    lock_list: LockList = field(default_factory=LockList)
    counts_refusals: bool = False
    limited: list[int | None] = field(default_factory=list)

    def read(self) -> Reading:
        return Reading(self.cpu, self.memory, self.peak, self.kills, self.hits)

    def cpu_ms(self) -> float:
        return self.cpu

    def memory_bytes(self) -> int:
        return self.memory

    def tasks(self) -> int:
        return self.count

    def limits_tasks_to(self, max_tasks: int) -> bool:
        return self.counts_refusals

    def cache_bytes(self) -> int:
        return self.cache


def begun(
    meter: SetMeter, *, places: tuple[Path, ...] = (), memory_before_bytes: int | None = None, **limits: int
) -> Account:
    disk = Disk([str(place) for place in places])
    before_bytes = meter.memory if memory_before_bytes is None else memory_before_bytes
    return Account(meter, disk, {**LIMITS, **limits}, other_processes=2, memory_before_bytes=before_bytes)


def closed(account: Account, ending: str = "exited", *, killed: bool = False, failed: bool = False) -> dict[str, Any]:
    ending, usage = account.close(ending, killed, failed)
    return {"ending": ending, **usage}


def test_a_run_within_its_limits_has_exceeded_none() -> None:
    assert begun(SetMeter()).exceeded() is None


def test_what_was_used_before_the_run_is_not_the_runs() -> None:
    meter = SetMeter()
    account = begun(meter)
    meter.memory += 5 * MIB
    account.exceeded()
    meter.memory -= 2 * MIB
    assert closed(account)["peak_memory_bytes"] == 5 * MIB
    assert closed(account)["cpu_ms"] == 0


def test_what_the_program_took_over_from_is_not_the_runs() -> None:
    meter = SetMeter()
    account = begun(meter, memory_before_bytes=12 * MIB)
    meter.memory += 5 * MIB
    account.exceeded()
    report = closed(account)
    assert (report["peak_memory_bytes"], report["memory_before_bytes"]) == (3 * MIB, 12 * MIB)


def test_time_on_the_clock_is_a_limit() -> None:
    assert begun(SetMeter(), wall_ms=0).exceeded() == "wall"


def test_processor_time_is_a_limit_of_all_processes_together() -> None:
    meter = SetMeter()
    account = begun(meter, cpu_ms=500)
    meter.cpu += 10_000
    assert account.exceeded() == "cpu"


def test_memory_is_left_to_a_kernel_that_ends_single_programs() -> None:
    meter = SetMeter()
    account = begun(meter)
    meter.memory += 65 * MIB
    assert account.exceeded() is None


def test_memory_is_a_limit_where_the_kernel_would_end_the_whole_slot() -> None:
    meter = SetMeter()
    meter.kernel_ends_programs = False
    account = begun(meter)
    meter.memory += 64 * MIB
    assert account.exceeded() is None
    meter.memory += 1
    assert account.exceeded() == "memory"


def test_a_disk_past_its_limit_is_found(tmp_path: Path) -> None:
    assert begun(SetMeter(), places=(tmp_path,), disk_bytes=-1).exceeded() == "disk"
    assert begun(SetMeter(), places=(tmp_path,)).exceeded() is None


def test_the_clock_stands_once_it_is_stopped() -> None:
    account = begun(SetMeter())
    account.stop_clock()
    assert account.wall_ms() == account.wall_ms() >= 0


def test_a_run_is_looked_at_again_before_it_can_reach_a_limit() -> None:
    assert begun(SetMeter()).next_check_s() == pytest.approx(0.1)
    assert 0.002 <= begun(SetMeter(), wall_ms=20).next_check_s() <= 0.02
    assert begun(SetMeter(), wall_ms=0, cpu_ms=0).next_check_s() == pytest.approx(0.002)


def test_processor_time_that_counts_waiting_is_at_most_all_cores_time() -> None:
    meter = SetMeter()
    meter.counts_waiting = True
    account = begun(meter)
    meter.cpu += 1e9
    assert account.cpu_ms() < 60_000


def test_the_kernels_peak_is_the_runs_where_the_run_has_raised_it() -> None:
    meter = SetMeter()
    account = begun(meter)
    meter.peak += 20 * MIB
    assert closed(account)["peak_memory_bytes"] == 22 * MIB


def test_a_peak_raised_by_no_more_than_the_kernels_steps_is_an_earlier_runs() -> None:
    meter = SetMeter()
    account = begun(meter)
    meter.peak += 64 * 4096
    assert closed(account)["peak_memory_bytes"] == 0


@pytest.mark.parametrize(("kills", "limit", "told"), [(1, 61, 50), (0, 61, 0), (1, 90, 0), (1, 0, 0)])
def test_a_run_that_met_the_slots_limit_has_used_all_though_an_earlier_one_met_it_too(
    kills: int, limit: int, told: int
) -> None:
    meter = SetMeter(peak=60 * MIB, memory_limit_bytes=limit * MIB)
    account = begun(meter)
    meter.kills += kills
    assert closed(account, killed=True)["peak_memory_bytes"] == told * MIB


@pytest.mark.parametrize(("memory", "is_looked_at"), [(63, False), (62, True)])
def test_nothing_that_costs_memory_is_asked_where_none_is_left(
    memory: int, is_looked_at: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def count_open(pid: int) -> int:
        asked.append(pid)
        return 0

    monkeypatch.setattr("node.agent.account._count_open", count_open)
    meter = SetMeter(memory=memory * MIB + 1, memory_limit_bytes=64 * MIB)
    begun(meter).note_descriptors(7, 50, (0, 0))
    assert asked == ([7] if is_looked_at else [])


@pytest.mark.parametrize(("limit", "told"), [(60, 70), (64, 50), (0, 50)])
def test_the_cache_that_made_room_is_the_runs_where_it_met_the_slots_limit(limit: int, told: int) -> None:
    meter = SetMeter(cache=25 * MIB, memory_limit_bytes=limit * MIB)
    meter.cache_at_rest = meter.cache
    account = begun(meter)
    meter.peak, meter.cache = 60 * MIB, 5 * MIB
    assert closed(account)["peak_memory_bytes"] == told * MIB


@pytest.mark.parametrize(
    ("kills", "how", "ending", "hits"),
    [
        pytest.param(1, {"killed": True}, "memory", ["memory"], id="by SIGKILL"),
        pytest.param(1, {"failed": True}, "memory", ["memory"], id="and it exits with an error for it"),
        pytest.param(1, {}, "exited", ["memory"], id="a child, and it does not care"),
        pytest.param(0, {"killed": True}, "exited", [], id="not: it killed itself"),
    ],
)
def test_a_program_that_the_oom_killer_ended_ended_by_memory(
    kills: int, how: dict[str, Any], ending: str, hits: list[str]
) -> None:
    meter = SetMeter()
    account = begun(meter)
    meter.kills += kills
    report = closed(account, **how)
    assert (report["ending"], report["limits_hit"]) == (ending, hits)


@pytest.mark.parametrize(("killed", "ending"), [(True, "memory"), (False, "disk")])
def test_a_program_whose_files_filled_the_memory_ended_by_memory(killed: bool, ending: str) -> None:
    meter = SetMeter()
    account = begun(meter)
    meter.kills += 1
    report = closed(account, "disk", killed=killed)
    assert (report["ending"], report["limits_hit"]) == (ending, ["memory", "disk"])


@pytest.mark.parametrize("ending", ["cpu", "wall", "memory", "output", "disk"])
def test_the_limit_that_ended_a_run_is_one_that_it_hit(ending: str) -> None:
    assert closed(begun(SetMeter()), ending)["limits_hit"] == [ending]


def test_a_cancelled_run_hit_no_limit() -> None:
    assert closed(begun(SetMeter()), "cancelled")["limits_hit"] == []


@pytest.mark.parametrize(("refused", "told"), [(1, ["processes"]), (0, [])])
def test_where_the_cgroup_refuses_its_count_tells(refused: int, told: list[str]) -> None:
    meter = SetMeter(counts_refusals=True)
    account = begun(meter)
    assert account.max_tasks == 10
    meter.count = 10
    account.exceeded()
    meter.hits += refused
    assert closed(account, failed=True)["limits_hit"] == told


@pytest.mark.parametrize(("seen", "failed", "told"), [(10, True, ["processes"]), (10, False, []), (9, True, [])])
def test_where_nobody_counts_it_takes_all_processes_and_a_failure(seen: int, failed: bool, told: list[str]) -> None:
    """The kernel's limit per user keeps no count of those it refused."""
    meter = SetMeter()
    account = begun(meter)
    meter.count = seen
    account.exceeded()
    meter.count = 3
    account.exceeded()
    assert closed(account, failed=failed)["limits_hit"] == told


def test_a_clock_that_stood_still_is_no_further_back_than_it_was_when_the_program_ended() -> None:
    account = begun(SetMeter())
    account.hold_clock()
    time.sleep(0.02)
    account.stop_clock()
    time.sleep(0.02)
    account.go_on()
    assert 0 <= account.wall_ms() < 15

"""What a history forgets, and what it keeps."""

from __future__ import annotations

from broker_gateway.application.history_ports import HistoryStore, Retention
from broker_gateway.application.ports import TaskFilter
from schemas.status import Status
from tests.contracts.gateway.histories import Histories, ended, ids, past, queued, running

NOW_MS = 1_000_000
TASKS = {
    "old": (Status.SUCCEEDED, "blog", 100_000),
    "old-failure": (Status.FAILED, "blog", 110_000),
    "mid": (Status.SUCCEEDED, "shop", 500_000),
    "mid-failure": (Status.TIME_LIMIT, "blog", 510_000),
    "new": (Status.SUCCEEDED, "blog", 900_000),
    "newest": (Status.SUCCEEDED, "shop", 990_000),
}
WAITING = ("waits", "runs")
EVERYTHING = Retention(age_s=0.0)
RULES: list[tuple[Retention, set[str]]] = [
    (Retention(), set()),
    (Retention(age_s=600.0), {"old", "old-failure"}),
    (Retention(age_s=300.0, failures_age_s=600.0), {"old", "old-failure", "mid"}),
    (Retention(age_s=50.0, failures_age_s=5000.0), {"old", "mid", "new"}),
    (Retention(failures_age_s=1.0), {"old-failure", "mid-failure"}),
    (Retention(max_tasks=4), {"old", "old-failure"}),
    (Retention(max_tasks=0), set(TASKS)),
    (Retention(max_tasks_per_client=1), {"old", "old-failure", "mid-failure", "mid"}),
    (Retention(age_s=600.0, max_tasks=4, max_tasks_per_client=2), {"old", "old-failure"}),
    (Retention(max_tasks=5, max_tasks_per_client=2), {"old", "old-failure"}),
]
"""Each with the tasks that it does not keep."""


async def _fill(history: HistoryStore) -> None:
    await history.record([queued("waits", 1, submitted_at_ms=1), running("runs", submitted_at_ms=1)])
    for number, (task_id, (status, client, end_ms)) in enumerate(TASKS.items()):
        await history.record(past(task_id, number + 2, status=status, client=client, finished_at_ms=end_ms))


async def test_only_ended_tasks_that_no_rule_keeps_are_forgotten(history: HistoryStore) -> None:
    for retention, gone in RULES:
        await _fill(history)
        assert await history.forget(retention, NOW_MS, 100) == len(gone), retention
        assert set(await ids(history)) == {*TASKS, *WAITING} - gone, retention
        assert await history.forget(retention, NOW_MS, 100) == 0
        for task_id in gone:
            assert await history.find(task_id) is None


async def test_no_more_are_forgotten_than_asked_and_the_oldest_first(history: HistoryStore) -> None:
    await _fill(history)
    assert await history.forget(Retention(max_tasks=1), NOW_MS, 3) == 3
    assert set(await ids(history)) == {"mid-failure", "new", "newest", *WAITING}
    assert await history.forget(EVERYTHING, NOW_MS, 0) == 0
    assert await history.forget(EVERYTHING, NOW_MS, 100) == 3


async def test_what_was_forgotten_leaves_no_label_and_no_output_behind(history: HistoryStore) -> None:
    await history.record(past("t", 1))
    await history.forget(EVERYTHING, NOW_MS, 10)
    await history.record([ended("t", run=None, labels={"other": "1"})])
    found = await history.find("t")
    assert found is not None
    assert found.execution.run is None
    assert await history.count(TaskFilter(labels={"post": "7"})) == 0


async def test_many_are_forgotten_in_one_call(histories: Histories) -> None:
    await histories.one.record([record for number in range(1200) for record in past(f"t{number}", number + 1)])
    assert await histories.one.forget(Retention(max_tasks=100), NOW_MS, 1050) == 1050
    assert await histories.other.count(TaskFilter()) == 150

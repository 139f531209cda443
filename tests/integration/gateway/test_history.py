"""The history, read from events on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
import pytest

from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.bus import history as history_module
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.interfaces.execution_mapping import execution_message
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import TaskEvent
from schemas.status import Status
from tests.builders import a_task, an_event, an_execution

ALL = TaskFilter()


@pytest.fixture
def history(bus: BusConnection) -> BusHistory:
    return BusHistory(bus)


async def happened(bus: BusConnection, events: Iterable[TaskEvent]) -> None:
    """Stored when this returns."""
    for event in events:
        await bus.request(names.event_subject(event.id, event.status), msgspec.json.encode(event))


async def ids_of_all_pages(history: BusHistory, wanted: TaskFilter, size: int) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        page = await history.page(wanted, size, token)
        assert len(page.executions) <= size
        found += [execution.id for execution in page.executions]
        token = page.next_token
        if not token:
            return found


async def test_a_page_of_the_largest_labels_fits_into_the_message_of_a_stock_client_and_none_is_missing(
    bus: BusConnection, history: BusHistory
) -> None:
    labels = {f"{number:063}": "\N{GRINNING FACE}" * 256 for number in range(32)}
    await happened(bus, [an_event(f"t{number}", Status.QUEUED, labels=labels) for number in range(150)])
    page = await history.page(ALL, 150, "")
    assert 1 <= sum(execution_message(one).ByteSize() for one in page.executions) < 4 * 1024 * 1024
    assert await ids_of_all_pages(history, ALL, 150) == [f"t{number}" for number in reversed(range(150))]


async def test_that_a_node_looks_at_a_task_is_no_state_of_it_and_tells_no_owner(
    bus: BusConnection, history: BusHistory
) -> None:
    looked_at = msgspec.json.encode(an_event("a", Status.QUEUED, node_id="n1", attempt=1, client="somebody"))
    await bus.request(names.preparing_subject("a"), looked_at)
    assert await history.latest("a") is None
    await happened(bus, [an_event("a", Status.QUEUED)])
    latest = await history.latest("a")
    assert latest is not None
    assert (latest.status, latest.node_id, latest.attempt) == (Status.QUEUED, "", 0)
    assert await history.owner("a") == "blog"


async def test_the_latest_state_is_the_final_one_whatever_comes_late(bus: BusConnection, history: BusHistory) -> None:
    await happened(
        bus,
        [
            an_event("a", Status.QUEUED),
            an_event("a", Status.SUCCEEDED, at_ms=1050),
            an_event("a", Status.RUNNING, attempt=2),
        ],
    )
    latest = await history.latest("a")
    assert latest is not None
    assert latest.status is Status.SUCCEEDED
    assert latest.finished_at_ms == 1050
    assert latest.run is None


async def test_a_running_task_tells_its_node_attempt_and_how_long_it_waited(
    bus: BusConnection, history: BusHistory
) -> None:
    await happened(bus, [an_event("a", Status.QUEUED), an_event("a", Status.RUNNING, at_ms=1025, attempt=1)])
    latest = await history.latest("a")
    assert latest is not None
    assert (latest.status, latest.node_id, latest.attempt, latest.queued_ms) == (Status.RUNNING, "n1", 1, 25.0)
    assert latest.finished_at_ms is None


async def test_a_task_without_events_has_no_state(history: BusHistory) -> None:
    assert await history.latest("nobody") is None


async def test_an_empty_history_is_one_empty_page(history: BusHistory) -> None:
    page = await history.page(ALL, 10, "")
    assert (page.executions, page.next_token) == ([], "")


async def test_pages_give_every_task_once_newest_first_in_its_newest_state(
    bus: BusConnection, history: BusHistory
) -> None:
    for number in range(25):
        await happened(bus, [an_event(f"t{number}", Status.QUEUED), an_event(f"t{number}", Status.RUNNING)])
    await happened(bus, [an_event("t3", Status.FAILED)])
    first = await history.page(ALL, 10, "")
    assert [one.id for one in first.executions] == [f"t{number}" for number in range(24, 14, -1)]
    assert {one.status for one in first.executions} == {Status.RUNNING}
    assert await ids_of_all_pages(history, ALL, 7) == [f"t{number}" for number in range(24, -1, -1)]
    last = await history.page(TaskFilter(statuses=frozenset({Status.FAILED})), 10, "")
    assert [one.id for one in last.executions] == ["t3"]


async def test_tasks_that_come_while_one_reads_do_not_shift_the_pages(bus: BusConnection, history: BusHistory) -> None:
    await happened(bus, [an_event(f"t{number}", Status.QUEUED) for number in range(6)])
    first = await history.page(ALL, 3, "")
    await happened(bus, [an_event(f"new{number}", Status.QUEUED) for number in range(5)])
    second = await history.page(ALL, 3, first.next_token)
    assert [one.id for one in first.executions + second.executions] == ["t5", "t4", "t3", "t2", "t1", "t0"]


@pytest.mark.parametrize(
    "wanted",
    [
        TaskFilter(language="go"),
        TaskFilter(labels={"post": "7"}),
        TaskFilter(node_id="node-9"),
        TaskFilter(statuses=frozenset({Status.TIME_LIMIT, Status.FAILED})),
    ],
    ids=["language", "labels", "node", "status"],
)
async def test_a_filter_finds_the_tasks_that_match_and_no_other(
    bus: BusConnection, history: BusHistory, wanted: TaskFilter
) -> None:
    for number in range(10):
        await happened(bus, [an_event(f"t{number}", Status.QUEUED), an_event(f"t{number}", Status.SUCCEEDED)])
    special = {"language": "go", "labels": {"post": "7", "more": "x"}}
    await happened(bus, [an_event("it", Status.QUEUED, **special)])
    await happened(bus, [an_event("it", Status.TIME_LIMIT, node_id="node-9", **special)])
    await happened(bus, [an_event("t10", Status.QUEUED)])
    assert await ids_of_all_pages(history, wanted, 4) == ["it"]


async def test_a_filter_that_matches_nothing_costs_a_bounded_look_per_call(
    bus: BusConnection, history: BusHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "WINDOW", 10)
    monkeypatch.setattr(history_module, "MAX_WINDOWS", 2)
    await happened(bus, [an_event(f"t{number}", Status.QUEUED) for number in range(100)])
    page = await history.page(TaskFilter(language="go"), 5, "")
    assert page.executions == []
    assert page.next_token == "81"
    assert await ids_of_all_pages(history, TaskFilter(language="go"), 5) == []
    assert len(await ids_of_all_pages(history, ALL, 5)) == 100


@pytest.mark.parametrize("token", ["x", "-1", "1.5", "9" * 30, "٣", " 1"])
async def test_a_token_that_is_not_ours_is_refused(history: BusHistory, token: str) -> None:
    with pytest.raises(ValueError, match="not a page token"):
        await history.page(ALL, 5, token)


async def test_a_token_from_a_stream_that_was_emptied_since_is_harmless(
    bus: BusConnection, history: BusHistory
) -> None:
    await happened(bus, [an_event("a", Status.QUEUED)])
    page = await history.page(ALL, 5, "999999")
    assert [one.id for one in page.executions] == ["a"]


async def test_a_recorded_state_becomes_an_event(bus: BusConnection, history: BusHistory) -> None:
    task = a_task("a", labels={"post": "1"})
    history.record(an_execution("a", Status.QUEUED, labels=task.labels), task)
    async with asyncio.timeout(10):
        while await history.latest("a") is None:
            pass
    page = await history.page(ALL, 5, "")
    assert [(one.id, one.status, one.labels) for one in page.executions] == [("a", Status.QUEUED, {"post": "1"})]

"""Lists over the seam between the bus and the database: each task once, whatever moves from one to the other between
two pages."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from broker_gateway.application.commands import Invalid
from broker_gateway.application.history_ports import HistoryUnavailableError
from broker_gateway.application.listing import Listing
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.pool_activity import PoolActivity
from broker_gateway.application.ports import Page, Place, TaskFilter
from broker_gateway.application.task_records import record_of_event, record_of_result
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import TaskMessage
from tests.builders import a_result, an_event
from tests.fakes.live_nodes import MemoryNodeDirectory
from tests.fakes.memory_history import MemoryHistory

ERA = 5
ALL = TaskFilter()


@dataclass
class BusPages:
    """The events of tasks 1, 2, 3, … from ``first`` on; a page token is the number below which it goes on."""

    last: int
    first: int = 1
    few: int = 1000
    """Tasks that one call looks through."""
    asked: list[str] = field(default_factory=list)

    async def page(self, wanted: TaskFilter, size: int, token: str) -> Page:
        self.asked.append(token)
        below = min(int(token), self.last + 1) if token else self.last + 1
        down_to = max(self.first, below - min(size, self.few))
        found = [of_task(number) for number in range(below - 1, down_to - 1, -1)]
        below = min(below, down_to)
        over = below <= self.first
        return Page(found, "" if over else str(below), Place(ERA, below) if over else None)

    async def latest(self, task_id: str) -> Execution | None:
        raise NotImplementedError

    async def owner(self, task_id: str) -> str | None:
        return "blog" if self.first <= int(task_id) <= self.last else None

    def record(self, execution: Execution, task: TaskMessage) -> None:
        raise NotImplementedError


def of_task(number: int) -> Execution:
    return Execution.told_by(an_event(str(number), Status.QUEUED))


async def recorded(store: MemoryHistory, *numbers: int) -> None:
    """First events and results."""
    for number in numbers:
        event = an_event(str(number), Status.QUEUED)
        await store.record([record_of_event(event, Place(ERA, number)), record_of_result(a_result(str(number)))])


async def pages(listing: Listing, size: int = 10, wanted: TaskFilter = ALL) -> list[int]:
    found: list[int] = []
    token = ""
    while True:
        page = await listing.list(wanted, size, token)
        assert isinstance(page, Page)
        found += [int(one.id) for one in page.executions]
        token = page.next_token
        if not token:
            return found


def listing_of(bus: BusPages, store: MemoryHistory | None) -> Listing:
    return Listing(history=bus, nodes=LiveNodes(directory=MemoryNodeDirectory(), activity=PoolActivity()), past=store)


@pytest.mark.parametrize("seed", range(20))
async def test_each_task_is_listed_once_while_tasks_leave_the_bus_and_new_ones_come(seed: int) -> None:
    chance = random.Random(seed)
    bus, store = BusPages(last=60, first=31, few=chance.choice([3, 7, 1000])), MemoryHistory()
    await recorded(store, *range(1, 46))
    listing, found, token = listing_of(bus, store), list[int](), ""
    while True:
        page = await listing.list(ALL, chance.choice([1, 4, 9]), token)
        assert isinstance(page, Page)
        found += [int(one.id) for one in page.executions]
        token = page.next_token
        if not token:
            break
        bus.last += chance.choice([0, 2])
        await recorded(store, *range(46, bus.last + 1))
        bus.first = min(bus.last, bus.first + chance.choice([0, 0, 5, 20]))
    assert found == list(range(60, 0, -1))


async def test_a_result_that_is_recorded_before_its_first_event_is_not_listed_twice() -> None:
    bus, store = BusPages(last=3, first=2), MemoryHistory()
    await recorded(store, 1)
    await store.record([record_of_result(a_result("2")), record_of_result(a_result("77"))])
    assert await pages(listing_of(bus, store)) == [3, 2, 1, 77]


async def test_the_bus_alone_is_listed_where_there_is_no_database() -> None:
    assert await pages(listing_of(BusPages(last=25), None)) == list(range(25, 0, -1))
    listing = listing_of(BusPages(last=1), None)
    assert isinstance(await listing.list(TaskFilter(error_text="x"), 1, ""), Invalid)
    assert isinstance(await listing.list(ALL, 1, "", with_total=True), Invalid)


async def test_a_database_that_is_away_keeps_nobody_from_what_the_bus_has() -> None:
    bus, store = BusPages(last=5, first=3), MemoryHistory()
    await recorded(store, 1, 2)
    store.away = "no answer"
    listing = listing_of(bus, store)
    page = await listing.list(ALL, 10, "")
    assert isinstance(page, Page)
    assert [one.id for one in page.executions] == ["5", "4", "3"]
    with pytest.raises(HistoryUnavailableError, match="no answer"):
        await listing.list(ALL, 10, page.next_token)
    store.away = ""
    rest = await listing.list(ALL, 10, page.next_token)
    assert isinstance(rest, Page)
    assert [one.id for one in rest.executions] == ["2", "1"]
    assert rest.next_token == ""


async def test_errors_are_searched_in_the_database_alone_and_totals_are_its_own() -> None:
    bus, store = BusPages(last=3, first=2), MemoryHistory()
    await recorded(store, 1, 2, 3)
    await store.record([record_of_result(a_result("9", status=Status.FAILED, error="No such FILE"))])
    page = await listing_of(bus, store).list(TaskFilter(error_text="such file"), 10, "", with_total=True)
    assert isinstance(page, Page)
    assert ([one.id for one in page.executions], page.total, bus.asked) == (["9"], 1, [])


@pytest.mark.parametrize(
    "token",
    ["p", "p1", "p1.2", "p1.2.3.4", "p-1.2.x", "p1.2.a b", "p1.2." + "x" * 129, "p" + "9" * 17 + ".1.x", "p1.٣.x"],
)
async def test_a_token_that_is_none_of_ours_is_refused(token: str) -> None:
    answer = await listing_of(BusPages(last=3), MemoryHistory()).list(ALL, 10, token)
    assert isinstance(answer, Invalid)

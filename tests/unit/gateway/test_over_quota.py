"""Every refusal because of a quota is told, with the quota."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from broker_gateway.application import quota_accounts, quota_book
from broker_gateway.application.commands import Visitor
from broker_gateway.application.quota_book import NO_QUOTAS, QuotaBook
from broker_gateway.domain.quota import MAX_WAIT_MS, PAGE_READER_CALLS, CallPolicy, Quota, QuotaPolicy, TaskRate
from broker_gateway.interfaces import call_bounds
from broker_gateway.interfaces.call_bounds import READS, WAITING, CallBounds
from broker_gateway.interfaces.callers import CLIENT, VISITOR
from schemas.execution import Execution, TaskEvent
from schemas.status import Status
from tests.builders import a_task
from tests.fakes.memory_bus import MemoryTaskEvents
from tests.servers.waiting import eventually


@pytest.mark.parametrize(
    ("policy", "quota"),
    [
        (QuotaPolicy(rate_per_s=0.001, burst=1), Quota.RATE),
        (QuotaPolicy(concurrent=1), Quota.CONCURRENT),
        (QuotaPolicy(stored_bytes=10), Quota.STORED),
    ],
)
def test_a_task_over_a_quota_is_told_once(policy: QuotaPolicy, quota: Quota) -> None:
    told: list[Quota] = []
    book = QuotaBook(policy=policy, events=MemoryTaskEvents(), now_ms=lambda: 0, on_refused=told.append)
    assert book.admit(("blog", ""), "t1") is None
    book.stored("blog", 10)
    assert told == []
    assert book.admit(("blog", ""), "t2") is not None
    assert told == [quota]


@pytest.mark.parametrize(
    ("policy", "method", "quota"),
    [
        (CallPolicy(reads_per_s=0.001, read_burst=1), min(READS), Quota.READS),
        (CallPolicy(reads_per_s=0, open_calls=1), min(WAITING), Quota.OPEN_CALLS),
    ],
)
def test_a_call_over_a_quota_is_told_once(policy: CallPolicy, method: str, quota: Quota) -> None:
    told: list[Quota] = []
    bounds = CallBounds(policy, lambda: 0, on_refused=told.append)
    assert bounds.enter(method) is None
    assert told == []
    assert bounds.enter(method) is not None
    assert told == [quota]


@pytest.mark.parametrize("usual", [QuotaPolicy(), QuotaPolicy(rate_per_s=0.001, burst=1)], ids=["none", "less"])
def test_a_rate_of_its_own_is_instead_of_the_clients_and_each_has_its_own(usual: QuotaPolicy) -> None:
    now_ms = 0
    book = QuotaBook(policy=usual, now_ms=lambda: now_ms)
    one, other = TaskRate("k1", 1.0, 2), TaskRate("k2", 1.0, 2)
    assert [book.admit(("blog", ""), f"a{number}", one) is None for number in range(3)] == [True, True, False]
    assert [book.admit(("blog", ""), f"b{number}", other) is None for number in range(3)] == [True, True, False]
    assert book.admit(("blog", ""), "c") is None
    now_ms = 1000
    assert [book.admit(("blog", ""), f"d{number}", one) is None for number in range(2)] == [True, False]


def test_rates_and_accounts_are_remembered_of_so_many_and_what_runs_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quota_accounts, "MAX_ACCOUNTS", 5)
    monkeypatch.setattr(quota_book, "MAX_RATES", 5)
    book = QuotaBook(policy=QuotaPolicy(concurrent=1), events=MemoryTaskEvents(), now_ms=lambda: 0)
    assert book.admit(("busy", ""), "t") is None
    for number in range(50):
        assert book.admit((f"c{number}", ""), f"t{number}", TaskRate(f"k{number}", 1.0, 1)) is None
        book.release((f"c{number}", ""), f"t{number}")
    assert book.admit(("busy", ""), "another") is not None
    assert max(len(book._accounts), len(book._rates)) <= 5


def test_calls_are_counted_of_so_many_clients_and_those_that_wait_are_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_bounds, "MAX_ACCOUNTS", 5)
    bounds = CallBounds(CallPolicy(open_calls=1), lambda: 0)
    CLIENT.set("waits")
    assert bounds.enter(min(WAITING)) is None
    for number in range(50):
        CLIENT.set(f"c{number}")
        assert bounds.enter(min(READS)) is None
    CLIENT.set("waits")
    assert bounds.enter(min(WAITING)) is not None
    assert len(bounds._clients) <= 5
    CLIENT.set("")


def test_readers_of_pages_are_counted_each_and_all_of_a_client_together_and_not_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_bounds, "MAX_ACCOUNTS", 5)
    bounds, watch = CallBounds(CallPolicy(open_calls=PAGE_READER_CALLS.open_calls + 1), lambda: 0), min(WAITING)

    def enters(reader: str) -> bool:
        VISITOR.set(Visitor(reader, None))
        return bounds.enter(watch) is None

    assert all(enters("ada") for _ in range(PAGE_READER_CALLS.open_calls))
    assert [enters("ada"), enters("bob"), enters("eve")] == [False, True, False]
    VISITOR.set(Visitor("bob", None))
    bounds.leave(watch)
    assert [enters("eve"), enters("bob")] == [True, False]
    VISITOR.set(None)
    assert bounds.enter(watch) is None
    for number in range(50):
        VISITOR.set(Visitor(f"r{number}", None))
        assert bounds.enter(min(READS)) is None
    assert len(bounds._readers) <= 5
    assert not enters("ada"), "whoever waits is not forgotten"
    VISITOR.set(None)


def of_readers(policy: QuotaPolicy, usual: QuotaPolicy = NO_QUOTAS, *, told: list[Quota] | None = None) -> QuotaBook:
    seen = told if told is not None else []
    return QuotaBook(policy=usual, readers=policy, events=MemoryTaskEvents(), now_ms=lambda: 0, on_refused=seen.append)


def test_a_keys_rate_of_readers_goes_before_the_usual_one() -> None:
    """Also where a reader was known before, by a task that another gateway took."""
    book = of_readers(QuotaPolicy(rate_per_s=1000.0, burst=1000))
    ada, visitor = ("blog", "ada"), Visitor("ada", TaskRate("key", 0.001, 1))
    assert book.admit(ada, "t0") is None
    assert book.admit(ada, "t1", None, visitor) is None
    assert book.admit(ada, "t2", None, visitor) is not None
    assert book.admit(("blog", "bob"), "t3") is None


@pytest.mark.parametrize(
    ("readers", "most"), [(QuotaPolicy(), 10), (QuotaPolicy(rate_per_s=0.001, burst=3), 3)], ids=["none", "one"]
)
def test_a_visitor_whose_key_says_no_rate_has_that_of_every_reader_or_else_a_usual_one(
    readers: QuotaPolicy, most: int
) -> None:
    book = of_readers(readers)
    found = [
        book.admit(("blog", "ada"), f"t{number}", None, Visitor("ada", None)) is None for number in range(most + 1)
    ]
    assert found == [True] * most + [False]


@pytest.mark.parametrize("policy", [QuotaPolicy(rate_per_s=0.001, burst=2), QuotaPolicy(concurrent=2)], ids=str)
def test_a_reader_over_its_quota_is_refused_and_others_of_its_client_are_not(policy: QuotaPolicy) -> None:
    told: list[Quota] = []
    book = of_readers(policy, told=told)
    eve, bob, other = ("blog", "eve"), ("blog", "bob"), ("school", "eve")
    assert [book.admit(eve, f"e{number}") is None for number in range(3)] == [True, True, False]
    over = book.admit(eve, "e9")
    assert over is not None
    assert "of this reader" in over.message or "from this reader" in over.message
    assert len(told) == 2
    for owner in (bob, other, ("blog", ""), ("blog", ""), ("blog", "")):
        assert book.admit(owner, f"t{owner}") is None
    assert not book.counts(eve, "e9")


def test_a_reader_who_is_refused_takes_nothing_of_its_clients_rate() -> None:
    book = of_readers(QuotaPolicy(rate_per_s=0.001, burst=1), QuotaPolicy(rate_per_s=0.001, burst=2))
    assert [book.admit(("blog", "eve"), f"e{number}") is None for number in range(100)].count(True) == 1
    assert book.admit(("blog", "bob"), "b") is None
    assert book.admit(("blog", "ann"), "a") is not None


def test_a_task_that_its_client_has_no_room_for_does_not_count_for_its_reader() -> None:
    book = of_readers(QuotaPolicy(concurrent=1), QuotaPolicy(concurrent=1))
    assert book.admit(("blog", "eve"), "e") is None
    assert book.admit(("blog", "bob"), "b1") is not None
    book.release(("blog", "eve"), "e")
    assert book.admit(("blog", "bob"), "b2") is None


async def test_the_events_of_all_gateways_count_for_readers_and_release_them() -> None:
    events = MemoryTaskEvents()
    book = QuotaBook(policy=QuotaPolicy(), readers=QuotaPolicy(concurrent=1), events=events, now_ms=lambda: 0)
    assert book.follows
    running = asyncio.create_task(book.run())
    eve = a_task("elsewhere", reader="eve")
    events.queue.put_nowait(TaskEvent.of(Execution.queued(eve), eve, 0))
    await eventually(lambda: book.counts(("blog", "eve"), "elsewhere"))
    assert book.admit(("blog", "eve"), "here") is not None
    assert book.admit(("blog", "bob"), "here") is None
    ended = msgspec.structs.replace(Execution.queued(eve), status=Status.SUCCEEDED)
    events.queue.put_nowait(TaskEvent.of(ended, eve, 0))
    await eventually(lambda: not book.counts(("blog", "eve"), "elsewhere"))
    assert book.admit(("blog", "eve"), "here") is None
    running.cancel()


def test_readers_are_remembered_of_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota_accounts, "MAX_ACCOUNTS", 5)
    book = of_readers(QuotaPolicy(concurrent=1))
    assert book.admit(("blog", "busy"), "t") is None
    for number in range(50):
        assert book.admit(("blog", f"r{number}"), f"t{number}") is None
        book.release(("blog", f"r{number}"), f"t{number}")
    assert book.admit(("blog", "busy"), "another") is not None
    assert len(book._readers) <= 5


@pytest.mark.parametrize("policy", [QuotaPolicy(concurrent=1), QuotaPolicy(rate_per_s=0.001, burst=1)], ids=str)
def test_a_flood_of_invented_names_is_bounded_though_each_of_them_has_something(
    monkeypatch: pytest.MonkeyPatch, policy: QuotaPolicy
) -> None:
    """Accounts with a task were kept for ever, and all of them were looked at for each new name."""
    monkeypatch.setattr(quota_accounts, "MAX_ACCOUNTS", 50)
    book = of_readers(policy, QuotaPolicy(stored_bytes=1_000))
    for number in range(500):
        assert book.admit(("blog", f"r{number}"), f"t{number}") is None
        book.stored(f"c{number}", 1)
    assert max(len(book._readers), len(book._accounts)) <= 50
    assert book.admit(("blog", "r499"), "another") is not None


def test_a_task_whose_end_was_never_heard_of_keeps_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota_accounts, "MAX_ACCOUNTS", 5)
    now_ms = 0
    policy = QuotaPolicy(concurrent=1, stored_bytes=1_000, rate_per_s=1.0, burst=1)
    book = QuotaBook(policy=policy, events=MemoryTaskEvents(), now_ms=lambda: now_ms)
    for number in range(5):
        assert book.admit((f"c{number}", ""), f"t{number}") is None
        book.stored(f"c{number}", 10)
    now_ms = 25 * 3_600_000
    assert book.admit(("late", ""), "t") is None
    assert len(book._accounts) == 1


async def test_whose_a_task_is_no_node_says() -> None:
    """A node's word that a task runs was enough to make another client wait."""
    events = MemoryTaskEvents()
    book = QuotaBook(policy=QuotaPolicy(concurrent=1), events=events, now_ms=lambda: 0)
    running = asyncio.create_task(book.run())
    forged, queued = a_task("forged", client="victim"), a_task("queued", client="blog")
    runs = msgspec.structs.replace(Execution.queued(forged), status=Status.RUNNING)
    events.queue.put_nowait(TaskEvent.of(runs, forged, 0))
    events.queue.put_nowait(TaskEvent.of(Execution.queued(queued), queued, 0))
    await eventually(lambda: book.counts(("blog", ""), "queued"))
    assert book.admit(("victim", ""), "mine") is None
    assert len(book._accounts) == 2
    running.cancel()


@pytest.mark.parametrize("rate_per_s", [1e-310, 5e-324, 1e-9])
def test_the_smallest_rate_there_is_tells_a_time_to_wait(rate_per_s: float) -> None:
    """It was an OverflowError, and INTERNAL to whoever had such a key."""
    book = QuotaBook(policy=QuotaPolicy(), now_ms=lambda: 0)
    rate = TaskRate("k", rate_per_s, 1)
    assert book.admit(("blog", ""), "t1", rate) is None
    over = book.admit(("blog", ""), "t2", rate)
    assert over is not None
    assert over.retry_after_ms == MAX_WAIT_MS

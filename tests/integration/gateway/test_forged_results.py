"""Results that are not bound to their task, on a real server: no reader believes them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from broker_gateway.domain.seals import Seals
from broker_gateway.infrastructure.bus.bound import BoundMessages
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from broker_gateway.infrastructure.bus.history_source import BusHistorySource
from broker_gateway.infrastructure.bus.progress_source import BusProgressSource
from broker_gateway.infrastructure.bus.questions import NodeQuestions
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsResultSink
from schemas import names
from schemas.dead_letter import DeadLetter
from schemas.execution import ResultMessage
from schemas.progress import ProgressMessage
from schemas.task import Callback, CallbackEvent, TaskMessage
from tests.builders import a_result_of, a_task
from tests.servers.waiting import eventually

CALLBACK = Callback(url="http://h/", events=[CallbackEvent.RUNNING])
SEALS = Seals(["the gateways' secret of 32 characters or more"])
Forgery = Callable[[TaskMessage], ResultMessage]


def changed(**changes: Any) -> Forgery:
    return lambda task: msgspec.structs.replace(a_result_of(task), **changes)


def of_another_task(task: TaskMessage) -> ResultMessage:
    """The old result of a task that it was given, said again for one that it was not."""
    return a_result_of(SEALS.sealed(msgspec.structs.replace(task, id="old")))


def under_another_id(task: TaskMessage) -> ResultMessage:
    old = of_another_task(task)
    return msgspec.structs.replace(old, execution=msgspec.structs.replace(old.execution, id=task.id))


FORGERIES: dict[str, Forgery] = {
    "another client": changed(client="mean"),
    "another callback": changed(callback=Callback(url="http://mean/")),
    "no seal": changed(seal=""),
    "garbage for a seal": changed(seal="garbage"),
    "a seal of a key that gateways do not have": changed(
        seal=Seals(["a secret that nodes have made up for it"]).sealed(a_task("t1")).seal
    ),
    "the old result of another task": of_another_task,
    "the same under this task's id": under_another_id,
}


@pytest.fixture
def refused() -> Counter[str]:
    return Counter()


@pytest.fixture
def bound(refused: Counter[str]) -> BoundMessages:
    return BoundMessages(SEALS, lambda reader: refused.update([reader]))


async def queued(bus: BusConnection, bound: BoundMessages, task_id: str = "t1") -> TaskMessage:
    """The task as its node gets it."""
    queue = BusTaskQueue(bus, QueueLengths(bus), bound)
    await queue.enqueue(a_task(task_id, callback=CALLBACK))
    found = await queue.find(task_id)
    assert found is not None
    return found


async def stored(bus: BusConnection, result: ResultMessage, task_id: str = "t1") -> None:
    """A node says so."""
    first = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
    await jetstream.store(bus, names.result_subject(task_id), msgspec.json.encode(result), first)


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
async def test_no_reader_believes_it_and_it_makes_way_for_the_tasks_own(
    bus: BusConnection, bound: BoundMessages, refused: Counter[str], forgery: Forgery
) -> None:
    task = await queued(bus, bound)
    store, rerun, source = BusResultStore(bus, bound), BusTaskRerun(bus, bound), BusResultSource(bus, bound=bound)
    whole, one = await BusLiveFeed(bus, bound).open("t1"), await BusLiveFeed(bus, bound).open("t1", results_only=True)
    asked = NodeQuestions(bus, bound=bound)
    await asked._listen()
    await stored(bus, forgery(task))
    assert await store.find("t1") is None
    assert (await rerun.snapshot("t1")).result is None
    assert (await bus.request(names.ask_result_subject("t1"), b"")).data == b""
    assert await one.next(0.05) is None
    history = BusHistorySource(bus, names.STREAM_RESULTS, bound=bound)
    recording = asyncio.create_task(history.take(10))
    await eventually(lambda: refused == Counter(["lookup", "rerun", "node", "feed", "history"]))
    taking = asyncio.create_task(source.take(10))  # the last: it takes away what it refuses

    async def is_gone() -> bool:
        return await jetstream.last_message(bus, names.STREAM_RESULTS, names.result_subject("t1")) is None

    await eventually(is_gone)
    assert refused["relay"] == 1
    letter = await jetstream.last_message(bus, names.STREAM_DEAD, names.dead_subject("forged", "t1"))
    assert letter is not None
    assert msgspec.json.decode(letter.payload, type=DeadLetter).payload == msgspec.json.encode(forgery(task)).decode()
    own = a_result_of(task)
    await stored(bus, own)
    assert await whole.next(15) == own
    assert [one.result for one in await taking] == [own]
    assert [one.record.client for one in await recording] == ["blog"]
    assert await store.find("t1") == own
    for feed in (whole, one):
        await feed.close()
    await asked.close()


async def test_progress_that_is_to_be_told_to_somebody_else_is_not(
    bus: BusConnection, bound: BoundMessages, refused: Counter[str]
) -> None:
    task = await queued(bus, bound)
    word = ProgressMessage.of(a_result_of(task).execution, task, 1)
    assert word is not None
    for callback in (Callback(url="http://mean/"), CALLBACK):
        told = msgspec.structs.replace(word, callback=callback)
        await jetstream.store(bus, names.progress_subject("t1"), msgspec.json.encode(told), {})
    (delivery,) = await BusProgressSource(bus, bound).take(10)
    assert delivery.message == word
    assert refused == {"progress": 1}


async def test_a_task_that_runs_once_more_has_a_seal_for_that_run(bus: BusConnection, bound: BoundMessages) -> None:
    again = msgspec.structs.replace(a_task(callback=Callback(url="http://h/", occasion="7")), seal="of the first run")
    assert await BusTaskRerun(bus, bound).enqueue(again, "7")
    task = await BusTaskQueue(bus, QueueLengths(bus)).find("t1")
    assert task is not None
    assert SEALS.binds_task(task)


async def test_what_a_gateway_ends_itself_every_gateway_believes(bus: BusConnection, bound: BoundMessages) -> None:
    assert await BusResultStore(bus, bound).store(a_result_of(a_task()))
    found = await BusResultStore(bus, bound).find("t1")
    assert found is not None
    assert found.client == "blog"


async def test_a_node_whose_result_met_a_forgery_stores_it_once_that_is_taken_away(
    bus: BusConnection, bound: BoundMessages, refused: Counter[str]
) -> None:
    task, asked = await queued(bus, bound), NodeQuestions(bus, bound=bound)
    await asked._listen()
    await stored(bus, FORGERIES["another callback"](task))
    own = a_result_of(task)
    storing = asyncio.create_task(NatsResultSink(Publisher(bus)).store(own, task.reply))
    await eventually(lambda: refused["node"] > 0)
    taking = asyncio.create_task(BusResultSource(bus, bound=bound).take(10))
    assert await asyncio.wait_for(storing, 15)
    assert [one.result for one in await asyncio.wait_for(taking, 15)] == [own]
    late = msgspec.structs.replace(own, digest="of another node")
    assert not await NatsResultSink(Publisher(bus)).store(late, task.reply)
    assert await BusResultStore(bus, bound).find("t1") == own
    await asked.close()

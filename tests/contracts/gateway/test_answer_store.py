"""What the use cases rely on of the store of kept answers, of the fake as of the bucket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from broker_gateway.application.answer_ports import AnswerStore
from broker_gateway.infrastructure.bus.answers import BusAnswerStore
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas.answers import KeptAnswer
from schemas.names import STREAM_ANSWERS, answer_key, answer_subject
from schemas.topology import BusLimits
from tests.builders import a_stage, an_execution
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.fakes.memory_answers import MemoryAnswerStore
from tests.fakes.memory_bus import MemoryBus
from tests.integration.gateway.declared_bus import declared_bus, start_empty
from tests.servers import NatsServer

KEY = answer_key("python", "blog", "d" * 64)


@pytest.fixture
def memory_answers() -> AnswerStore:
    return MemoryAnswerStore(MemoryBus())


@pytest_asyncio.fixture
async def nats_answers(nats_server: NatsServer) -> AsyncIterator[AnswerStore]:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits()) as bus:
        yield BusAnswerStore(bus)


@pytest.fixture(params=[MEMORY, NATS])
def answers(request: pytest.FixtureRequest) -> AnswerStore:
    found: AnswerStore = picked(request)
    return found


def flight(task_id: str = "t1") -> KeptAnswer:
    return KeptAnswer(task_id=task_id, digests=["d1", "d2+d3"])


async def test_what_is_put_is_found_with_its_revision(answers: AnswerStore) -> None:
    assert await answers.find(KEY) is None
    revision = await answers.put(KEY, flight(), after=0)
    found = await answers.find(KEY)
    assert found is not None
    assert (found.kept, found.revision) == (flight(), revision)


async def test_of_many_who_promise_an_answer_one_makes_it(answers: AnswerStore) -> None:
    revisions = await asyncio.gather(*(answers.put(KEY, flight(f"t{number}"), after=0) for number in range(50)))
    (won,) = [number for number, revision in enumerate(revisions) if revision]
    found = await answers.find(KEY)
    assert found is not None
    assert found.kept.task_id == f"t{won}"


async def test_it_is_changed_only_by_who_knows_how_it_is(answers: AnswerStore) -> None:
    first = await answers.put(KEY, flight(), after=0)
    made = KeptAnswer(task_id="t1", digests=["d1"], execution=an_execution(run=a_stage("é\n")))
    second = await answers.put(KEY, made, after=first)
    assert second > first
    assert await answers.put(KEY, flight("t2"), after=first) == 0
    found = await answers.find(KEY)
    assert found is not None
    assert found.kept == made


async def test_it_is_forgotten_only_as_it_was(answers: AnswerStore) -> None:
    first = await answers.put(KEY, flight(), after=0)
    second = await answers.put(KEY, flight("t2"), after=first)
    await answers.forget(KEY, first)
    assert await answers.find(KEY) is not None
    await answers.forget(KEY, second)
    assert await answers.find(KEY) is None
    assert await answers.put(KEY, flight("t3"), after=0), "and may be promised again"


async def test_a_purge_takes_what_it_names(answers: AnswerStore) -> None:
    for language in ("python", "go"):
        for client in ("blog", "", "école"):
            await answers.put(answer_key(language, client, "d"), flight(), after=0)
    assert await answers.purge("go", "") == 1
    assert await answers.purge("go", None) == 2
    assert await answers.purge("", "école") == 1
    assert await answers.purge("", None) == 2


@pytest.mark.servers
async def test_what_nobody_understands_is_not_there_and_goes(nats_server: NatsServer) -> None:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits()) as bus:
        await bus.request(answer_subject(KEY), b"{")
        answers = BusAnswerStore(bus)
        assert await answers.find(KEY) is None
        assert await answers.put(KEY, flight(), after=0)


@pytest.mark.servers
async def test_a_full_bucket_forgets_its_oldest_answer(nats_server: NatsServer) -> None:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits(max_bytes=64 << 20)) as bus:
        answers = BusAnswerStore(bus)
        large = KeptAnswer(task_id="t1", digests=["d1"], execution=an_execution(run=a_stage("x" * (300 << 10))))
        keys = [answer_key("python", "blog", f"d{number}") for number in range(8)]
        for key in keys:
            assert await answers.put(key, large, after=0)
        assert [await answers.find(key) is not None for key in (keys[0], keys[-1])] == [False, True]
        assert await _bytes(bus) <= 0.02 * (64 << 20)


async def _bytes(bus: BusConnection) -> int:
    return int((await jetstream.call(bus, f"STREAM.INFO.{STREAM_ANSWERS}"))["state"]["bytes"])

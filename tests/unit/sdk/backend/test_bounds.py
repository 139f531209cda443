"""What the backend keeps of readers, and for how long."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextlib import aclosing

import pytest

from coderunner import Client
from coderunner.backend import Backend, MemoryResults, Policy
from coderunner.backend.handles import Handles
from coderunner.backend.origins import require_own_page
from coderunner.backend.problems import Problem
from coderunner.backend.rates import Rates, Streams
from coderunner.backend.readers import reader_at
from coderunner.backend.telling import Telling
from coderunner.model import Execution, Output, Stage, Stream
from coderunner.status import Status
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script

BODY = b'{"language": "python", "files": [{"content": ""}]}'


@pytest.mark.parametrize(
    ("address", "reader"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, ""),
        ("", ""),
        ("unix:", ""),
        ("9" * 5_000, ""),
    ],
)
def test_a_reader_is_told_apart_as_a_network_tells_its_customers_apart(address: str | None, reader: str) -> None:
    assert reader_at(address) == reader


def test_a_rate_comes_back_with_time_and_readers_without_end_fit_into_it() -> None:
    rates = Rates(60)
    for _ in range(60):
        rates.take("ada", 0.0)
    with pytest.raises(Problem) as refused:
        rates.take("ada", 0.5)
    assert refused.value.retry_after_ms in range(400, 600)
    rates.take("ada", 1.1)
    for number in range(20_000):
        rates.take(str(number), 2.0)
    assert len(rates._left) <= 10_000


def test_streams_are_counted_by_reader_and_together() -> None:
    streams = Streams(per_reader=2, of_all=3)
    with streams.one_more("ada"), streams.one_more("ada"), streams.one_more("bob"):
        for reader in ("ada", "eve"):
            with pytest.raises(Problem), streams.one_more(reader):
                pass
    assert not streams._open
    with streams.one_more("ada"):
        pass


async def test_a_reader_who_leaves_frees_his_place_and_his_run_goes_on(gateway: FakeGateway) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran(), hold=hold)
    async with Client(gateway.target) as client:
        backend = Backend(client, Policy(max_streams_per_reader=1))
        stream = await backend.run("ada", BODY)
        assert b"QUEUED" in await anext(aiter(stream))
        with pytest.raises(Problem):
            await backend.run("ada", BODY)
        await stream.aclose()
        await stream.aclose()
        await (await backend.run("ada", BODY)).aclose()  # nobody has begun to read it
        await (await backend.run("ada", BODY)).aclose()
        assert not gateway.of("Cancel")
        hold.set()


async def test_a_stream_that_a_framework_drops_frees_its_place(gateway: FakeGateway) -> None:
    backend = Backend(Client(gateway.target), Policy(max_streams_per_reader=1))
    for _ in range(3):
        stream = await backend.run("ada", BODY)
        with pytest.raises(Problem, match="Too many"):
            await backend.run("ada", BODY)
        del stream
        gc.collect()
        await asyncio.sleep(0)
    stream = await backend.run("ada", BODY)
    await stream.aclose()
    await stream.aclose()
    async with aclosing(await backend.run("ada", BODY)):
        del stream
        gc.collect()
        await asyncio.sleep(0)
        with pytest.raises(Problem, match="Too many"):
            await backend.run("ada", BODY)


async def test_who_cannot_be_served_has_submitted_nothing(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        with pytest.raises(Problem):
            await Backend(client, Policy(max_streams=0)).run("ada", BODY)
    assert not gateway.calls


async def test_recent_results_fit_into_a_fixed_memory() -> None:
    results = MemoryResults(max_bytes=1_000)
    for number in range(100):
        await results.put(str(number), b"x" * 300)
    await results.put("huge", b"x" * 600)
    assert await results.of("99") == b"x" * 300
    for gone in ("0", "huge"):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(results.of(gone), 0.01)
    assert not results._waiting
    assert results._held_bytes <= 1_000


async def test_all_who_wait_for_a_result_are_told_and_one_who_leaves_is_none_of_them() -> None:
    results = MemoryResults()
    waiting = [asyncio.create_task(results.of("t")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await results.put("t", b"r")
    assert await asyncio.gather(*waiting[1:]) == [b"r", b"r"]


@pytest.mark.parametrize("origin", ["null", "", "about:blank"])
def test_an_origin_without_a_host_is_nobodys_where_the_request_has_none_either(origin: str) -> None:
    with pytest.raises(Problem, match="own pages"):
        require_own_page(origin=origin, site=None, host="")


def test_handles_of_another_secret_are_none() -> None:
    ours, others = Handles(b"ours"), Handles(b"others")
    assert ours.task_id(ours.handle("t-1")) == "t-1"
    assert others.task_id(ours.handle("t-1")) is None
    assert ours.reader("ada") != others.reader("ada")


def test_keys_that_look_alike_are_not_the_same() -> None:
    ours = Handles(b"ours")
    assert ours.idempotency_key("a", "b c") != ours.idempotency_key("a b", "c")


def test_a_gap_in_the_output_is_filled_before_the_result() -> None:
    telling = Telling("h")
    late = b"".join(telling.events(Output("run", Stream.STDOUT, 5, "world")))
    assert b'"offset":5' in late
    assert b"id: 1.0.0.0.0\n" in late
    ended = Execution("t", Status.SUCCEEDED, attempt=1, run=Stage(stdout="helloworld"))
    *missing, result = telling.events(ended)
    assert b'"offset":0,"text":"helloworld"' in b"".join(missing)
    assert b"id: end\n" in result


def test_another_attempt_begins_anew() -> None:
    telling = Telling("h", "1.0.0.3.0")
    assert b'"attempt":2,"stage":"run","stream":"stdout","offset":0' in b"".join(
        telling.events(Output("run", Stream.STDOUT, 0, "abc", attempt=2))
    )
    assert list(telling.events(Output("run", Stream.STDOUT, 0, "abcdef", attempt=1))) == []

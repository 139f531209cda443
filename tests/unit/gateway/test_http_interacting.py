"""Talking to a program over a WebSocket."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from broker_gateway.domain.quota import CallPolicy
from broker_gateway.interfaces.http.reading import Bodies
from broker_gateway.interfaces.reception import ReceptionBounds
from schemas.execution import OutputChunk
from schemas.interaction import Said, SignalName, Terminal
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.http_calls import TASK, TOKENS, serving_http
from tests.unit.gateway.interact_calls import BEGIN, TalkingNode, talking
from tests.unit.gateway.page_calls import BLOG, EVIL

BEARING = {"Authorization": "Bearer s3cret"}
NOBODY = "/v1/executions/x/interact"


def output(task_id: str, text: str, stream: str = "stdout") -> OutputChunk:
    return OutputChunk(id=task_id, attempt=1, stage="run", stream=stream, offset=0, text=text)


async def test_a_program_is_asked_and_answers() -> None:
    gateway = GatewayOnFakes()
    node = TalkingNode(gateway)
    async with serving_http(gateway) as calls, talking(calls) as talk:
        task_id = await talk.begun(interaction={"terminal": {"rows": 24, "columns": 80}, "grace_ms": 8000})
        asked = gateway.bus.tasks[task_id].interaction
        assert asked is not None
        assert (asked.terminal, asked.grace_ms) == (Terminal(rows=24, columns=80), 8000)
        gateway.start(task_id)
        assert (await talk.until("execution"))["status"] == "RUNNING"
        gateway.bus.publish(task_id, output(task_id, "4"))
        gateway.bus.publish(task_id, output(task_id, "", "stdin"))
        assert (await talk.until("output"))["text"] == "4"
        assert await talk.until("waits") == {"attempt": 1}
        said: list[dict[str, Any]] = [{"input": "Ada\n"}, {"input_data": "/w=="}, {"signal": "INT"}, {"close": True}]
        said.append({"terminal": {"rows": 1, "columns": 2}})
        for number, one in enumerate(said, 1):
            await talk.send(said={"number": number, **one})
        while (await talk.until("taken"))["number"] < 5:
            pass
        assert node.taken == [
            Said.of(b"Ada\n"),
            Said.of(b"\xff"),
            Said.of(signal=SignalName.INT),
            Said.of(closes=True),
            Said.of(terminal=Terminal(rows=1, columns=2)),
        ]
        result = gateway.finish(task_id).execution
        assert result.run is not None
        rest = await talk.until("output")
        assert rest["text"] == result.run.stdout[rest["offset"] :]
        assert (await talk.until("execution"))["status"] == "SUCCEEDED"
        assert await talk.next() == 1000
        await calls.noted.until("Interact", Code.OK)


async def test_one_goes_on_with_a_task_and_says_again_what_was_not_taken() -> None:
    gateway = GatewayOnFakes()
    node = TalkingNode(gateway)
    async with serving_http(gateway) as calls:
        async with talking(calls) as talk:
            task_id = await talk.begun()
            gateway.start(task_id)
            await talk.send(said={"number": 1, "input": "one"})
            assert (await talk.until("taken"))["number"] in (0, 1)
        await calls.noted.until("Interact", Code.CANCELLED)
        async with talking(calls, f"/v1/executions/{task_id}/interact") as talk:
            assert (await talk.until("execution"))["id"] == task_id
            await talk.send(said={"number": 1, "input": "one"})
            await talk.send(said={"number": 2, "input": "two"})
            while (await talk.until("taken"))["number"] < 2:
                pass
    assert [one.data for one in node.taken] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"said": {"number": 1, "input": "x"}}, "begin"),
        ({}, ""),
        ({"begin": TASK, "said": {"number": 1, "input": "x"}}, ""),
        ({"begin": {}}, "begin"),
        ({"begin": {**TASK, "nonsense": 1}}, "begin"),
        ({"begin": {**TASK, "interaction": {"grace_ms": 1}}}, "interaction.grace_ms"),
        ({"begin": {**TASK, "cases": [{}], "interaction": {}}}, "interaction"),
    ],
)
async def test_what_does_not_begin_a_talk_is_refused(sent: Any, field: str) -> None:
    async with serving_http() as calls, talking(calls) as talk:
        await talk.send(**sent)
        code, problem = await talk.refused()
        assert (code, problem["code"]) == (4400, "INVALID_ARGUMENT")
        assert problem["violations"][0]["field"] == field
        assert calls.gateway.bus.tasks == {}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"number": 1},
        {"number": 0, "input": "x"},
        {"number": -1, "input": "x"},
        {"number": 1 << 70, "input": "x"},
        {"number": 1, "input": "x", "close": True},
        {"number": 1, "input": "x", "input_data": "eA=="},
        {"number": 1, "input_data": "no base64!"},
        {"number": 1, "input": "x" * ((64 << 10) + 1)},
        {"number": 1, "input": "€" * (22 << 10)},
        {"number": 1, "signal": "KILL"},
        {"number": 1, "terminal": {"rows": 0, "columns": 1}},
        {"number": 1, "terminal": {"rows": 1, "columns": 1 << 50}},
    ],
    ids=str,
)
async def test_what_cannot_be_said_ends_the_talk(said: Any) -> None:
    gateway = GatewayOnFakes()
    node = TalkingNode(gateway)
    async with serving_http(gateway) as calls, talking(calls) as talk:
        gateway.start(await talk.begun())
        await talk.send(said=said)
        assert (await talk.refused())[0] == 4400
        assert node.taken == []


async def test_more_than_a_program_may_be_told_ends_the_talk() -> None:
    gateway = GatewayOnFakes()
    TalkingNode(gateway, is_full=True)
    async with serving_http(gateway) as calls, talking(calls) as talk:
        gateway.start(await talk.begun())
        await talk.send(said={"number": 1, "input": "x"})
        assert (await talk.refused())[1]["violations"][0]["field"] == "said"


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00",
        "no json",
        "[" * 100_000,
        "[" * (4 << 20),
        '{"begin":{"files":[' + "{}," * (1 << 20) + "{}]}}",
        '{"said":' * 10_000,
        "{" + '"a":0,' * 50_000 + '"b":0}',
    ],
    ids=lambda sent: str(sent)[:24],
)
async def test_what_is_no_message_ends_the_talk(sent: str | bytes) -> None:
    async with serving_http() as calls, talking(calls) as talk:
        await (talk.socket.send_str(sent) if isinstance(sent, str) else talk.socket.send_bytes(sent))
        assert (await talk.refused())[0] == 4400


async def test_what_is_larger_than_a_message_may_be_ends_it_before_it_is_there() -> None:
    async with serving_http() as calls, talking(calls) as talk:
        gateway = calls.gateway
        TalkingNode(gateway)
        gateway.start(await talk.begun())
        await talk.socket.send_str('{"said": ' + " " * (600 << 10))
        event = await talk.next()
        while isinstance(event, dict):
            event = await talk.next()
        assert event == 1009
        await calls.noted.until("Interact", Code.CANCELLED)


async def test_who_begins_nothing_is_not_waited_for() -> None:
    quick = Bodies(bounds=ReceptionBounds(at_once_s=0.01, within_s=0.05))
    async with serving_http(bodies=quick) as calls, talking(calls) as talk:
        assert (await talk.refused())[0] == 4408


async def test_who_leaves_before_he_begins_has_left() -> None:
    async with serving_http() as calls:
        async with talking(calls):
            pass
        await calls.noted.until("Interact", Code.CANCELLED)


async def test_a_bus_that_is_away_is_told_of() -> None:
    gateway = GatewayOnFakes()
    gateway.bus.is_down = True
    async with serving_http(gateway) as calls, talking(calls) as talk:
        await talk.send(begin=TASK)
        assert (await talk.refused())[0] == 4503


async def test_a_request_that_asks_for_no_websocket_is_told_what_this_is() -> None:
    async with serving_http() as calls:
        for path in (BEGIN, NOBODY):
            async with calls.session.get(calls.url(path)) as response:
                assert (response.status, response.headers["Upgrade"]) == (426, "websocket")


async def test_where_there_is_no_websocket_none_is_found() -> None:
    async with serving_http() as calls:
        for path in ("/", "/v1/executions", "/v1/nothing"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await calls.session.ws_connect(calls.url(path))
            assert refused.value.status == 404


@pytest.mark.parametrize("path", [BEGIN, NOBODY])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"headers": {"Authorization": "Bearer wrong"}},
        {"protocols": ["coderunner.v1", "coderunner.bearer.wrong"]},
        {"protocols": ["coderunner.v1", "s3cret"]},
    ],
)
async def test_without_a_valid_token_nothing_is_read(path: str, given: Any) -> None:
    async with serving_http(tokens=TOKENS) as calls, talking(calls, path, **given) as talk:
        await talk.socket.send_str("x" * 100_000)
        assert (await talk.refused())[0] == 4401
        assert calls.gateway.bus.calls == []
        assert ("Interact", Code.UNAUTHENTICATED) in calls.noted.calls


@pytest.mark.parametrize("given", [{"headers": BEARING}, {"protocols": ["coderunner.v1", "coderunner.bearer.s3cret"]}])
async def test_a_token_comes_in_a_header_or_as_a_subprotocol_and_is_not_told_back(given: Any) -> None:
    async with serving_http(tokens=TOKENS) as calls, talking(calls, **given) as talk:
        task_id = await talk.begun()
        assert calls.gateway.bus.tasks[task_id].client == "blog"
        assert talk.socket.protocol == ("coderunner.v1" if "protocols" in given else None)


async def test_nobody_goes_on_with_anothers_task() -> None:
    async with serving_http(tokens=TOKENS) as calls, talking(calls, headers=BEARING) as talk:
        path = f"/v1/executions/{await talk.begun()}/interact"
        async with talking(calls, path, headers={"Authorization": "Bearer other"}) as others:
            assert (await others.refused())[0] == 4404


async def test_talks_count_as_waiting_calls_from_their_beginning_to_their_end() -> None:
    policy = CallPolicy(open_calls=2)
    async with serving_http(tokens=TOKENS, calls=policy) as calls:
        async with talking(calls, headers=BEARING), talking(calls, headers=BEARING) as second:
            await second.begun()
            async with talking(calls, headers=BEARING) as third:
                assert (await third.refused())[0] == 4429
        async with asyncio.timeout(PATIENCE_S):
            while calls.noted.calls.count(("Interact", Code.CANCELLED)) < 2:
                calls.noted.changed.clear()
                await calls.noted.changed.wait()
        async with talking(calls, headers=BEARING) as fourth:
            await fourth.begun()


@pytest.mark.parametrize("tokens", [None, TOKENS], ids=["no tokens", "tokens"])
@pytest.mark.parametrize("origin", [EVIL, "null", "", "http://127.0.0.1", "https://blog.example.evil.example"])
async def test_no_page_of_another_origin_opens_one(tokens: dict[str, str] | None, origin: str) -> None:
    """Browsers ask nobody before they do so (cross-site WebSocket hijacking)."""
    async with serving_http(tokens=tokens, origins=(BLOG,)) as calls:
        for path in (BEGIN, NOBODY):
            async with talking(calls, path, headers={**BEARING, "Origin": origin}) as talk:
                assert (await talk.refused())[0] == 4403
        assert calls.gateway.bus.calls == []


async def test_pages_of_the_gateways_own_origin_and_of_those_that_are_named_do() -> None:
    async with serving_http(origins=(BLOG,)) as calls:
        for origin in (BLOG, f"http://127.0.0.1:{calls.port}"):
            async with talking(calls, headers={"Origin": origin}) as talk:
                await talk.begun()
    async with serving_http(origins=("*",)) as calls, talking(calls, headers={"Origin": EVIL}) as talk:
        await talk.begun()


async def test_a_name_that_somebody_has_point_to_this_machine_opens_none() -> None:
    async with serving_http(only_loopback_hosts=True) as calls:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await calls.session.ws_connect(calls.url(BEGIN), headers={"Host": "evil.example", "Origin": EVIL})
        assert refused.value.status == 421


def of_page(key: str, origin: str | None = BLOG) -> Any:
    headers = {"X-Forwarded-For": "192.0.2.7", **({"Origin": origin} if origin is not None else {})}
    return {"headers": headers, "protocols": ["coderunner.v1", f"coderunner.bearer.{key}"]}

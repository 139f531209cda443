"""Programs that are talked to over a WebSocket, through a real gateway, a real node and Docker."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from coderunner import Client, Status
from tests.integration.sdks.node_in_image import node
from tests.servers.stack import Stack
from tests.servers.waiting import within

PATIENCE_S = 60
ASKS = "name = input('name? ')\nage = input('age? ')\nprint(f'{name} is {age}')"


async def heard_until(socket: aiohttp.ClientWebSocketResponse, name: str) -> tuple[str, Any]:
    """All that the program prints until such an event, and that event."""
    text = ""
    async for message in socket:
        event = json.loads(message.data)
        text += event.get("output", {}).get("text", "")
        if name in event and (name != "execution" or event[name]["status"] not in ("QUEUED", "RUNNING")):
            return text, event[name]
    raise AssertionError(f"it ended with {socket.close_code}: {text}")


async def said(socket: aiohttp.ClientWebSocketResponse, number: int, **what: Any) -> None:
    await socket.send_json({"said": {"number": number, **what}})


@within(PATIENCE_S)
async def test_a_program_is_asked_and_answers(http_url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{http_url}/v1/executions:interact") as socket:
        await socket.send_json({"begin": {"language": "python", "files": [{"content": ASKS}]}})
        assert (await heard_until(socket, "waits"))[0] == "name? "
        await said(socket, 1, input="Ada\n")
        assert (await heard_until(socket, "waits"))[0] == "age? "
        await said(socket, 2, input_data="MzYK")
        text, execution = await heard_until(socket, "execution")
        assert text == "Ada is 36\n"
        assert execution["status"] == "SUCCEEDED"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 1000


@within(PATIENCE_S)
async def test_one_goes_on_after_the_connection_broke(http_url: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{http_url}/v1/executions:interact") as socket:
            task = {
                "language": "python",
                "files": [{"content": ASKS}],
                "interaction": {"terminal": {"rows": 9, "columns": 50}},
            }
            await socket.send_json({"begin": task})
            task_id = json.loads((await socket.receive()).data)["execution"]["id"]
            await heard_until(socket, "waits")
            await said(socket, 1, input="Ada\r")
        async with session.ws_connect(f"{http_url}/v1/executions/{task_id}/interact") as socket:
            await said(socket, 1, input="Ada\r")
            interrupting = asyncio.create_task(_interrupt(socket))
            text, execution = await heard_until(socket, "execution")
            interrupting.cancel()
            assert "KeyboardInterrupt" in text
            assert execution["status"] == "FAILED"


async def _interrupt(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Again and again: Python misses a signal that comes just before it reads."""
    number = 2
    while True:
        await said(socket, number, signal="INT")
        number += 1
        await asyncio.sleep(1)


@within(PATIENCE_S)
async def test_pistons_command_line_has_a_talk(http_url: str) -> None:
    """Message for message what its `execute -t` sends, which ran against this gateway as it is published."""
    init = {"language": "python", "version": "*", "files": [{"name": "main.py", "content": ASKS, "encoding": "utf8"}]}
    told: list[Any] = []
    answers = iter(("Ada\n", "36\n"))
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{http_url}/api/v2/connect") as socket:
        await socket.send_json({"type": "init", **init, "args": [], "compile_timeout": 10000, "run_timeout": 3000})
        async for message in socket:
            told.append(json.loads(message.data))
            if told[-1].get("data", "").endswith("? "):
                await socket.send_json({"type": "data", "stream": "stdin", "data": next(answers)})
        assert socket.close_code == 4999
    assert [one["type"] for one in told] == ["runtime", "stage", "data", "data", "data", "exit"]
    assert "".join(one.get("data", "") for one in told) == "name? age? Ada is 36\n"
    assert told[-1] == {"type": "exit", "stage": "run", "code": 0, "signal": None}


@within(PATIENCE_S)
async def test_piston_compiles_first_and_ends_what_its_client_left(http_url: str, client: Client) -> None:
    source = "#include <iostream>\nint main() { int a; std::cout << '?' << std::flush; std::cin >> a; }"
    init = {"type": "init", "language": "c++", "version": "*", "files": [{"content": source}]}
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{http_url}/api/v2/connect") as socket:
        await socket.send_json(init)
        stages = [json.loads((await socket.receive()).data) for _ in range(5)]
        assert [one.get("stage", one["type"]) for one in stages] == ["runtime", "compile", "compile", "run", "data"]
    newest = await anext(aiter(client.list()))
    assert (await client.follow(newest.id)).status is Status.CANCELLED


async def test_a_gateway_that_is_killed_under_a_talk_loses_no_line_of_the_typescript_client(
    judging_stack: Stack,
) -> None:
    gateway = judging_stack.gateways[0]
    env = {"CODERUNNER_URL": f"http://127.0.0.1:{gateway.http_port}", "NODE_OPTIONS": "--experimental-websocket"}
    lines: list[str] = []
    async with node(["test/on_gateway/talk.mjs"], env) as process:
        assert process.stdout is not None
        async for line in process.stdout:
            lines.append(line.decode())
            if lines.count(".\n") == 10 and len(lines) == 10:
                gateway.kill()
                gateway.start()
        assert await process.wait() == 0, lines
    assert json.loads(lines[-1]) == "".join(f"line {number}\n" for number in range(30))

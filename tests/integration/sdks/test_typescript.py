"""The SDK for TypeScript and JavaScript in Node.js: its own tests, and tasks on a real gateway."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from coderunner import Client
from dev.docs.markdown import blocks
from dev.express import MODULES
from dev.paths import REPOSITORY
from dev.typescript_sdk import SDK
from tests.integration.sdks.node_in_image import IN_SDK, node, said_by_node
from tests.servers.fixtures import StartStack
from tests.servers.stack import Gateway, Stack
from tests.servers.waiting import eventually
from tests.unit.documents.pages import shown

pytestmark = pytest.mark.usefixtures("docker_engine")
TOKEN = "s3cret"
SECRET = "whsec_" + "c2VjcmV0" * 4
FAST: dict[str, Any] = {"heartbeat_s": 0.5, "reconnect_max_s": 0.5}
SOCKETS = {"NODE_OPTIONS": "--experimental-websocket"}
"""Node.js has them from 22 on without being told."""
OWN_TESTS = sorted(f"test/{path.name}" for path in (SDK / "test").glob("*.test.mjs"))


async def served(start_stack: StartStack, node: Mapping[str, Any] = FAST, **of_gateway: Any) -> Stack:
    """A gateway that asks for a token, and a node that says back what programs are given to read."""
    simulated = {"sandbox": "simulated", "simulated_languages": ["python"], **FAST, **node}
    stack = start_stack(gateway={"tokens": {"blog": TOKEN}, **of_gateway}, node=simulated)
    async with Client(stack.gateways[0].target, token=TOKEN) as client:

        async def is_served() -> bool:
            return bool(await client.languages())

        await eventually(is_served)
    return stack


def access(gateway: Gateway, token: str = TOKEN) -> dict[str, str]:
    return {"CODERUNNER_URL": f"http://{gateway.http_target}", "CODERUNNER_TOKEN": token}


async def test_its_own_tests_pass() -> None:
    said = await said_by_node(["--test", *OWN_TESTS])
    assert "# fail 0" in said
    assert int(said.rpartition("# pass ")[2].split()[0]) > len(OWN_TESTS), said


async def test_tasks_are_run_followed_listed_and_ended_on_a_gateway(start_stack: StartStack) -> None:
    stack = await served(start_stack)
    said = await said_by_node(["--test", "test/on_gateway/tasks.test.mjs"], access(stack.gateways[0]))
    assert "# fail 0" in said


async def test_programs_are_talked_to_on_a_gateway(start_stack: StartStack) -> None:
    stack = await served(start_stack)
    said = await said_by_node(["--test", "test/on_gateway/talk.test.mjs"], {**access(stack.gateways[0]), **SOCKETS})
    assert "# fail 0" in said


async def test_who_follows_a_task_is_told_each_piece_once_though_the_gateway_is_killed(start_stack: StartStack) -> None:
    stack = await served(start_stack)
    gateway = stack.gateways[0]
    told: list[dict[str, Any]] = []
    async with node(["test/on_gateway/tell.mjs"], access(gateway)) as process:
        assert process.stdout is not None
        async for line in process.stdout:
            told.append(json.loads(line))
            if told[-1]["type"] == "output" and len([one for one in told if one["type"] == "output"]) == 1:
                gateway.kill()
                gateway.start()
        assert await process.wait() == 0
    result = told[-1]
    assert (result["type"], result["execution"]["status"]) == ("result", "SUCCEEDED")
    pieces = [(one["offset"], one["text"]) for one in told if one["type"] == "output"]
    assert "".join(text for _, text in sorted(pieces)) == result["execution"]["run"]["stdout"] == "🙂 a line\n" * 20


async def test_a_blog_on_express_runs_its_readers_programs(start_stack: StartStack) -> None:
    stack = await served(start_stack, callback_secret=[SECRET], callback_allowed_networks=["127.0.0.0/8"])
    seen, env = {**IN_SDK, MODULES: "/node_modules"}, {**access(stack.gateways[0]), "CALLBACK_SECRET": SECRET}
    said = await said_by_node(["--test", "test/on_gateway/express.test.mjs"], env, seen)
    assert "# fail 0" in said
    assert "# pass 4" in said


async def test_every_program_of_the_pages_runs_as_it_stands(start_stack: StartStack, tmp_path: Path) -> None:
    stack = await served(start_stack)
    gateway = stack.gateways[0]
    url = f"http://{gateway.http_target}"
    programs = shown_programs()
    assert {page for page, _ in programs} == {"docs/http.md", "docs/typescript.md", "sdks/typescript/README.md"}
    package = tmp_path / "node_modules" / "@coderunner" / "client"
    package.mkdir(parents=True)
    seen = {tmp_path: "/reader", SDK: "/reader/node_modules/@coderunner/client"}
    for number, (page, code) in enumerate(programs):
        program = tmp_path / f"{number}.mjs"
        places = (("http://127.0.0.1:8081", url), ("https://runner.example", url), ("crp_…", TOKEN))
        for shown_as, real in (*places, ("wss://runner.example", url.replace("http", "ws"))):
            code = code.replace(shown_as, real)  # noqa: PLW2901 - the same program, here
        program.write_text(code, encoding="utf-8")
        said = await said_by_node([f"/reader/{program.name}"], {**access(gateway), **SOCKETS}, seen)
        assert said.strip(), f"{page}: {code}"


def shown_programs() -> list[tuple[str, str]]:
    """The programs of the site's pages and of the package's own, with the page of each."""
    site = [(one.page, one.block.code) for one in shown("js")]
    readme = SDK / "README.md"
    own = [block for block in blocks(readme.read_text(encoding="utf-8")) if block.language == "js"]
    return [*site, *((str(readme.relative_to(REPOSITORY)), block.code) for block in own)]


async def test_the_examples_serve_a_reader(start_stack: StartStack) -> None:
    stack = await served(start_stack)
    at = access(stack.gateways[0])
    said = await said_by_node(["--test", "test/on_gateway/page.test.mjs"], at)
    assert "# fail 0" in said
    async with node(["examples/backend.mjs"], {**at, "PORT": "0"}) as process, aiohttp.ClientSession() as session:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        program = {"language": "python", "code": "print(input())", "stdin": "a line"}
        assert await lines_of(session, url, program) == [
            {"stream": "stdout", "text": "a line"},
            {"status": "SUCCEEDED", "error": ""},
        ]
        (refused,) = await lines_of(session, url, {**program, "language": "cobol"})
        assert "cobol" in refused["refused"]
        (refused,) = await lines_of(session, url, "x" * 100_000)
        assert refused["refused"] == "too much"


async def lines_of(session: aiohttp.ClientSession, url: str, body: object) -> list[dict[str, Any]]:
    async with session.post(url, json=body) as response:
        return [json.loads(line) async for line in response.content]

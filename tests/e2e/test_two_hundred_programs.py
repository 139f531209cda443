"""The main job on real input: many programs of five languages at once, each with its own output and its callback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import docker
import pytest

from coderunner import Client, Execution, QueueFull
from coderunner.status import Status
from schemas.names import STREAM_TASKS, queue_consumer
from schemas.status import Priority
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.servers.fixtures import StartStack
from tests.servers.stack import Stack

LANGUAGES = ("python", "javascript", "java", "cpp", "go")
COUNT = 200
SOURCES = {
    "python": "import sys\nn = int(input())\nprint(n * n)\nprint('py', file=sys.stderr)\n",
    "javascript": (
        "const n = Number(require('fs').readFileSync(0, 'utf8'));\nconsole.log(n * n);\nconsole.error('js');\n"
    ),
    "java": (
        "import java.util.Scanner;\npublic class Main {\n  public static void main(String[] a) {\n"
        "    long n = new Scanner(System.in).nextLong();\n    System.out.println(n * n);\n"
        '    System.err.println("java");\n  }\n}\n'
    ),
    "cpp": (
        "#include <iostream>\nint main() { long long n; std::cin >> n; std::cout << n * n << std::endl;"
        ' std::cerr << "cpp\\n"; }\n'
    ),
    "go": (
        'package main\nimport ("fmt"; "os")\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(n * n);'
        ' fmt.Fprintln(os.Stderr, "go") }\n'
    ),
}
WORDS = {"python": "py", "javascript": "js", "java": "java", "cpp": "cpp", "go": "go"}


async def one(client: Client, number: int, callback: str) -> Execution:
    language = LANGUAGES[number % len(LANGUAGES)]
    source = f"{SOURCES[language]}{'#' if language == 'python' else '//'} {number % 10}\n"
    return await client.run(language, source, stdin=f"{number}\n", callback=callback, labels={"number": str(number)})


async def waiting(stack: Stack) -> int:
    """Messages on the queues: waiting, and taken but not acknowledged."""
    connection = await stack.nats.members[0].connect("operator")
    try:
        stream = connection.jetstream()
        infos = [await stream.consumer_info(STREAM_TASKS, queue_consumer("default", priority)) for priority in Priority]
        return sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos)
    finally:
        await connection.close()


async def test_two_hundred_mixed_programs_at_once_each_give_their_output_and_their_callback(
    start_stack: StartStack, docker_engine: docker.DockerClient
) -> None:
    stack = start_stack(gateways=2, gateway={"callback_allowed_networks": ["127.0.0.0/8"]})
    await stack.wait_served(*LANGUAGES)
    async with (
        CallbackEndpoint(COUNT) as endpoint,
        stack.gateways[0].client() as one_way,
        stack.gateways[1].client() as other,
    ):
        urls = (endpoint.url, endpoint.grpc_url)
        executions = await asyncio.gather(
            *(one((one_way, other)[number % 2], number, urls[number % 2]) for number in range(COUNT))
        )
        await asyncio.wait_for(endpoint.complete.wait(), 60)
    for number, execution in enumerate(executions):
        assert execution.status == Status.SUCCEEDED, execution
        assert execution.run is not None
        assert execution.run.stdout == f"{number * number}\n"
        assert execution.run.stderr == f"{WORDS[execution.language]}\n"
        assert execution.labels == {"number": str(number)}
        assert execution.attempt == 1
    assert {execution.id for execution in executions} == set(endpoint.deliveries)
    assert all({*seen} == {(key, "SUCCEEDED")} for key, seen in endpoint.deliveries.items())
    assert await waiting(stack) == 0


async def test_output_is_seen_on_another_gateway_while_the_program_still_runs(start_stack: StartStack) -> None:
    stack = start_stack(gateways=2, node={"languages": ["python"]})
    await stack.wait_served("python")
    source = "import sys\nprint('first', flush=True)\nsys.stdin.readline()\nimport time\ntime.sleep(60)\n"
    async with stack.gateways[0].client() as submitting, stack.gateways[1].client() as watching:
        task_id = await submitting.submit("python", source)
        seen = []
        async for event in watching.watch(task_id):
            seen.append(event)
            text = getattr(event, "text", "")
            if "first" in text:
                break
        assert (await submitting.get(task_id)).status == Status.RUNNING
        cancellation = await watching.cancel(task_id)
    assert cancellation.execution.status == Status.CANCELLED
    assert cancellation.execution.run is not None
    assert cancellation.execution.run.stdout == "first\n"


async def test_a_language_is_an_image_and_a_toml_file_and_no_python(start_stack: StartStack, tmp_path: Path) -> None:
    languages = tmp_path / "languages"
    languages.mkdir()
    (languages / "awk.toml").write_text(
        'name = "awk"\nimage = "coderunner/base"\nextensions = [".awk"]\nsource_name = "main.awk"\n'
        'version_command = ["mawk", "-W", "version"]\nversion_pattern = \'mawk (\\d+\\.\\d+\\.\\d+)\'\n\n'
        '[run]\ncommand = ["mawk", "-f", "{entry}", "{args}"]\n'
    )
    stack = start_stack(node={"languages_dir": str(languages)})
    await stack.wait_served("awk")
    async with stack.client() as client:
        execution = await client.run("awk", "{ total += $1 } END { print total }", stdin="1\n2\n39\n")
        (language,) = await client.languages()
    assert (execution.status, execution.run and execution.run.stdout) == (Status.SUCCEEDED, "42\n")
    assert language.extensions == (".awk",)


async def fill(client: Client, ids: list[str]) -> None:
    for at in range(1, 10):
        ids.append(await client.submit("python", "print(1)", idempotency_key=str(at)))


async def test_a_full_queue_says_when_to_come_back(start_stack: StartStack) -> None:
    stack = start_stack(gateway={"queue_limit": 3}, node={"languages": ["python"], "concurrency": 1})
    await stack.wait_served("python")
    async with stack.client() as client:
        ids = [await client.submit("python", "import time\ntime.sleep(30)", idempotency_key="0")]
        async for event in client.watch(ids[0]):
            if getattr(event, "status", None) == Status.RUNNING:
                break
        with pytest.raises(QueueFull) as refused:
            await fill(client, ids)
        assert (refused.value.retry_after or 0) > 0
        assert 3 <= len(ids) <= 4, "three wait beside the one that runs; its own start may be seen late"
        for task_id in ids:
            await client.cancel(task_id)

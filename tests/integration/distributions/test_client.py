"""``pip install coderunner`` in an empty environment, against a live gateway."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters

from coderunner import Status
from tests.integration.distributions.environments import Environment
from tests.servers.fixtures import StartStack

FEW = {
    *("click", "coderunner", "googleapis-common-protos", "grpcio", "grpcio-health-checking", "protobuf", "tenacity"),
    "typing_extensions",  # of grpcio
}
FOREIGN = ("node", "schemas", "chassis", "broker_gateway", "sandbox", "docker", "nats", "aetcd", "aiohttp", "msgspec")
PROGRAM = """
import asyncio, sys
from coderunner import Client, SyncClient

async def main():
    async with Client(sys.argv[1]) as client:
        execution = await client.run("python", "print(6 * 7)")
        print(execution.status, execution.run.stdout.strip(), execution.run.peak_memory_bytes > 0)

asyncio.run(main())
with SyncClient(sys.argv[1]) as client:
    print([language.name for language in client.languages()])
"""


def test_the_client_brings_little_and_nothing_of_the_servers(client_environment: Environment) -> None:
    listed = client_environment.run("python", "-m", "pip", "list", "--format", "json").stdout
    assert {package["name"] for package in json.loads(listed)} - {"pip", "setuptools"} <= FEW
    found = client_environment.run(
        "python", "-c", f"import importlib.util as u; print([name for name in {FOREIGN} if u.find_spec(name)])"
    )
    assert found.stdout.strip() == "[]"


OF_FRAMEWORKS = (
    *("coderunner.backend.django", "coderunner.backend.starlette"),
    *("coderunner.page.mkdocs", "coderunner.page.sphinx"),
)
"""For who has those already."""


def walk(*but: str) -> str:
    """A program that imports every module of the client whose name does not begin so, but for OF_FRAMEWORKS."""
    but = (*but, *OF_FRAMEWORKS)
    return (
        "import coderunner, importlib, pkgutil; "
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(coderunner.__path__, 'coderunner.') "
        f"if not m.name.endswith('__main__') and not m.name.startswith({but!r})]"
    )


def test_every_module_of_the_client_can_be_imported(client_environment: Environment) -> None:
    assert (
        client_environment.run(
            "python", "-W", "error", "-c", walk("coderunner.cli.mcp.", "coderunner.cli.docs.markdown")
        ).stderr
        == ""
    )


def test_the_check_of_a_documentation_says_which_extra_it_needs(client_environment: Environment) -> None:
    (client_environment.workplace / "page.md").write_text("```python\nprint(1)\n```\n")
    done = client_environment.run("coderunner", "docs", "check", "page.md", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'coderunner[docs]'" in done.stderr


def test_the_command_for_assistants_says_which_extra_it_needs(client_environment: Environment) -> None:
    done = client_environment.run("coderunner", "mcp", check=False)
    wanted = 'coderunner: coderunner mcp needs the package mcp: pip install "coderunner[mcp]"\n'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", wanted)


async def test_the_extra_for_assistants_brings_all_that_it_needs(mcp_environment: Environment) -> None:
    assert mcp_environment.run("python", "-W", "error", "-c", walk()).stderr == ""
    found = mcp_environment.run(
        "python", "-c", f"import importlib.util as u; print([name for name in {FOREIGN} if u.find_spec(name)])"
    )
    assert found.stdout.strip() == "[]"
    started = StdioServerParameters(command=mcp_environment.program("coderunner"), args=["mcp"])
    async with Client(started) as assistant:
        assert {tool.name for tool in (await assistant.list_tools()).tools} == {"run_code", "list_languages"}


async def test_the_sdk_the_command_and_the_doctor_work_against_a_live_gateway(
    client_environment: Environment, start_stack: StartStack
) -> None:
    stack = start_stack(node={"languages": ["python"]})
    await stack.wait_served("python")
    target = stack.gateways[0].target
    said = client_environment.run("python", "-W", "error", "-c", PROGRAM, target)
    assert (said.stdout.splitlines(), said.stderr) == ([f"{Status.SUCCEEDED} 42 True", "['python']"], "")

    (client_environment.workplace / "hello.py").write_text("print('hello'); raise SystemExit(3)")
    ran = client_environment.run("coderunner", "run", "hello.py", check=False, CODERUNNER_GATEWAY=target)
    assert (ran.returncode, ran.stdout) == (3, "hello\n")

    looked = client_environment.run("coderunner", "doctor", "--json", CODERUNNER_GATEWAY=target)
    checks = json.loads(looked.stdout)["checks"]
    skipped = {check["part"]: check["says"] for check in checks if check["state"] == "skipped"}
    assert set(skipped) == {"docker", "images", "nats", "etcd", "metrics"}
    assert all(says.startswith("this is a client's machine") for says in skipped.values())
    assert {"packages", "gateway", "nodes", "languages"} <= {c["part"] for c in checks if c["state"] == "ok"}


def test_the_doctor_looks_at_a_server_that_a_setting_names(client_environment: Environment) -> None:
    done = client_environment.run(
        *("coderunner", "doctor", "--only", "nats", "--json"),
        check=False,
        CODERUNNER_GATEWAY_NATS_URLS="nats://127.0.0.1:1",
    )
    assert (done.returncode, json.loads(done.stdout)["checks"][0]["state"]) == (1, "wrong")


def test_type_checkers_see_the_clients_types(client_environment: Environment, tmp_path: Path) -> None:
    program = tmp_path / "typed.py"
    program.write_text("from coderunner import Execution\ndef f(e: Execution) -> None:\n    reveal_type(e.status)\n")
    import mypy.api  # noqa: PLC0415 - half a second

    python = str(client_environment.python)
    said, _, _ = mypy.api.run(["--strict", "--config-file=", f"--python-executable={python}", str(program)])
    assert 'Revealed type is "coderunner.status.Status"' in said, said + sys.version

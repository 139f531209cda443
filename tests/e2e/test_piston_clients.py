"""Clients of Piston's, as others have published them, against a gateway that speaks it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import ultra_piston

PRINTS = "import sys\nprint(sys.argv[1:], input())\n"
CPP = "#include <iostream>\nint main() { std::cout << 6 * 7; }\n"
AIOPYSTON = f"""
import asyncio, json, sys
import pyston
from pyston import File

async def main():
    client = pyston.PystonClient(base_url=sys.argv[1], api_key="none is needed")
    told = {{"languages": sorted(await client.languages())}}
    (cpp,) = await client.get_runtimes("g++")
    output = await client.execute("python", [File({PRINTS!r})], stdin="in", args=["a"])
    told["python"] = [str(output), output.run_stage.code]
    output = await client.execute("g++", [File({CPP!r}, "prog")])
    told["cpp"] = [str(output), output.version, output.compile_stage.code]
    told["version"] = cpp.version
    output = await client.execute("py", [File("import lib"), File("1 / 0", "lib.py")])
    told["divides"] = output.raw_json["run"]
    try:
        await client.execute("cobol", [File("x")])
    except pyston.exceptions.ExecutionError as error:
        told["cobol"] = str(error)
    await client.close_session()
    print(json.dumps(told))

asyncio.run(main())
"""


@pytest.fixture
def ultra(http_url: str) -> ultra_piston.PistonClient:
    return ultra_piston.PistonClient(base_url=f"{http_url}/api/v2", rate_limit=0)


async def test_ultra_piston_finds_the_runtimes_and_packages(ultra: ultra_piston.PistonClient) -> None:
    runtimes = await ultra.get_runtimes_async()
    assert {"c++", "g++"} <= set(next(one for one in runtimes if one.language == "cpp").aliases)
    packages = await ultra.get_packages_async()
    served = {(one.language, one.version) for one in runtimes}
    assert {(one.language, one.language_version) for one in packages if one.installed} == served


async def test_ultra_piston_runs_a_program(ultra: ultra_piston.PistonClient) -> None:
    python = next(one for one in await ultra.get_runtimes_async() if one.language == "python")
    file = ultra_piston.File(name="my_cool_code", content=PRINTS)
    ended = await ultra.post_execute_async("python", python.version, file=file, stdin="in", args=["a", "b"])
    assert (ended.language, ended.version) == ("python", python.version)
    assert (ended.run.stdout, ended.run.code, ended.run.signal) == ("['a', 'b'] in\n", 0, None)


async def test_ultra_piston_runs_what_is_compiled(ultra: ultra_piston.PistonClient) -> None:
    ended = await ultra.post_execute_async("c++", "*", file=ultra_piston.File(content=CPP))
    assert ended.run.output == "42"
    broken = await ultra.post_execute_async("c++", "*", file=ultra_piston.File(content="int main() { return x; }"))
    assert broken.compile is not None
    assert (broken.run.code, broken.run.stderr) == (1, broken.compile.stderr)
    assert "was not declared" in broken.run.stderr


async def test_ultra_piston_is_told_of_a_time_limit(ultra: ultra_piston.PistonClient) -> None:
    forever = ultra_piston.File(content="print('begun', flush=True)\nwhile True: pass\n")
    ended = await ultra.post_execute_async("python", "3.x", file=forever, run_timeout=500)
    assert (ended.run.stdout, ended.run.code, ended.run.signal) == ("begun\n", None, "SIGKILL")


async def test_ultra_piston_is_refused_as_by_piston(ultra: ultra_piston.PistonClient) -> None:
    with pytest.raises(ultra_piston.errors.BadRequestError):
        await ultra.post_execute_async("python", "2.x", file=ultra_piston.File(content="print(1)"))
    with pytest.raises(ultra_piston.errors.NotFoundError):
        await ultra.post_packages_async("cobol", "1")
    with pytest.raises(ultra_piston.errors.InternalServerError):
        await ultra.delete_packages_async("python", "3.x")


def test_ultra_piston_without_a_loop(ultra: ultra_piston.PistonClient) -> None:
    assert ultra.post_execute("python", "*", file=ultra_piston.File(content="print(42)")).run.output == "42\n"


def test_aiopyston_runs_programs(http_url: str) -> None:
    """In a process of its own: the client closes itself when nobody may await it any more."""
    command = [sys.executable, "-c", AIOPYSTON, f"{http_url}/api/v2/"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    told = json.loads(done.stdout)
    assert {"python", "cpp"} <= set(told["languages"])
    assert told["python"] == ["['a'] in\n", 0]
    assert told["cpp"] == ["42", told["version"], 0]
    assert told["divides"]["status"] == "RE"
    assert "ZeroDivisionError" in told["divides"]["stderr"]
    assert told["cobol"] == "cobol-* runtime is unknown"

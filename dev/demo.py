"""``make demo``: brings everything up in the background and runs one program per language through gRPC."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from chassis.etcd_users import EtcdRefusedError
from coderunner import Client, CodeRunnerError, Execution, Status
from dev import engine_api
from dev.console import SetupError, say, step
from dev.locks import exclusive
from dev.paths import REPOSITORY
from dev.services import BLOG_PORT, GATEWAY_HTTP_PORT, GRPC_PORT, ask_for_passwords, demo_services, tell_clients
from dev.table import render
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR

SAMPLES = Path(__file__).with_name("samples")
_PROGRAMS = {
    "python": "hello.py",
    "java": "Main.java",
    "c": "hello.c",
    "cpp": "hello.cpp",
    "go": "hello.go",
    "javascript": "hello.js",
    "bash": "hello.sh",
}
_SERVED_TIMEOUT_S = 900.0
"""Since the last language came: a slow machine is not a broken one."""
_HEADINGS = ("language", "version", "status", "output", "wall ms", "cpu ms", "peak memory", "end-to-end ms")


def main() -> int:
    os.chdir(REPOSITORY)
    try:
        with exclusive("demo"):
            bring_up()
        rows, healthy = asyncio.run(run_programs(f"https://127.0.0.1:{GRPC_PORT}"))
    except (SetupError, CodeRunnerError) as error:
        say(f"make demo: {error}")
        return 1
    say(render(_HEADINGS, rows))
    say(f"\nCodeRunner runs in the background: gRPC (TLS) on 127.0.0.1:{GRPC_PORT}, logs in .run/log.")
    say(f"The demo blog, whose samples run: http://127.0.0.1:{BLOG_PORT}")
    say(f"Over HTTP, with a page to try it: http://127.0.0.1:{GATEWAY_HTTP_PORT}/v1/docs")
    say("Next: .venv/bin/coderunner run FILE. To end it: make stop.")
    return 0 if healthy else 1


def bring_up() -> None:
    """Starts what does not run or has changed, and waits until all is ready. Raises SetupError."""
    with step("starting the services"):
        services = demo_services(images=engine_api.image_ids("coderunner/*"))
        for service in services:
            service.bring_up()
            if service.name == "etcd":
                service.wait_ready()
                _ask_for_passwords()
        for service in services:
            if service.name != "etcd":
                service.wait_ready()
        tell_clients()


def _ask_for_passwords() -> None:
    try:
        ask_for_passwords()
    except (EtcdRefusedError, OSError) as error:
        raise SetupError(
            f"etcd does not take its users ({error}): remove .run/etcd, which holds nothing that lasts, and try again"
        ) from error


def programs() -> dict[str, str]:
    """By default language: its program's file in ``samples``."""
    default = {language.name for language in load_languages(LANGUAGES_DIR) if language.default}
    return {name: file for name, file in _PROGRAMS.items() if name in default}


async def run_programs(target: str) -> tuple[list[list[str]], bool]:
    """Runs one program per language: a table row for each, and whether all succeeded."""
    async with Client(target) as client:
        chosen = programs()
        await _wait_until_served(client, set(chosen))
        executions = [await _run(client, language, name) for language, name in chosen.items()]
    rows = [_row(execution, end_to_end_ms) for execution, end_to_end_ms in executions]
    return rows, all(execution.status is Status.SUCCEEDED for execution, _ in executions)


async def _wait_until_served(client: Client, wanted: set[str]) -> None:
    """The node has told etcd and etcd the gateway when this returns. Raises SetupError."""
    came, since = 0, time.monotonic()
    while missing := wanted - {language.name for language in await client.languages()}:
        if len(wanted - missing) > came:
            came, since = len(wanted - missing), time.monotonic()
        if time.monotonic() > since + _SERVED_TIMEOUT_S:
            raise SetupError(f"no node serves {', '.join(sorted(missing))}: see .run/log/node.log")
        await asyncio.sleep(0.05)


async def _run(client: Client, language: str, name: str) -> tuple[Execution, float]:
    source = (SAMPLES / name).read_text(encoding="utf-8")
    started = time.perf_counter()
    execution = await client.run(language, source)
    return execution, (time.perf_counter() - started) * 1000


def _row(execution: Execution, end_to_end_ms: float) -> list[str]:
    last = execution.run or execution.compile
    output = " ".join(((last.stdout or last.stderr) if last else execution.error).split())
    usage = ["-", "-", "-"]
    if last is not None:
        usage = [f"{last.wall_ms:.1f}", f"{last.cpu_ms:.1f}", f"{last.peak_memory_bytes / (1 << 20):.1f} MiB"]
    return [execution.language, execution.language_version, execution.status, output, *usage, f"{end_to_end_ms:.1f}"]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("make demo: interrupted; `make demo` again completes what was begun, `make stop` ends it")
        sys.exit(130)

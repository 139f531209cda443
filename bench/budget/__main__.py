"""The processor time of one run in a slot, step by step: ``python -m bench.budget [--quick] [--language NAME]``.

A Python hello in a real slot whose agent measures itself (``bench/budget/probe.py``); what the agent does not use, the
program and the process that forks it do. Writes ``bench/results/budget.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import docker
import psutil

from bench import host_cgroup
from bench.budget.probe import KEPT
from bench.figures import save, table
from bench.slots import remove_all
from node.domain.program import program_of, run_launch, runnable_as_submitted
from node.domain.sandbox import Launch, Role
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.docker.slot.agent_image import agent_files
from node.infrastructure.languages import load_language
from sandbox import LANGUAGES_DIR
from schemas.task import Limits, SourceFile

_RUNS, _WARM_UP = 1500, 100
_HELLO = "print('hello, world')\n"
_LIMITS = Limits(
    cpu_ms=2000, wall_ms=5000, memory_bytes=256 << 20, processes=64, output_bytes=1 << 20, disk_bytes=64 << 20,
    open_files=256, file_bytes=64 << 20,
)  # fmt: skip


def measured_agent() -> dict[str, bytes]:
    files = agent_files()
    main = files["__main__.py"].replace(
        b'if __name__ == "__main__":\n', b'from .probe import watch\nwatch()\nif __name__ == "__main__":\n'
    )
    return {**files, "__main__.py": main, "probe.py": Path(__file__).with_name("probe.py").read_bytes()}


def hello() -> Launch:
    language = load_language(Path(LANGUAGES_DIR) / "python.toml")
    program = program_of(language, "3", [SourceFile("main.py", _HELLO)])
    return run_launch(runnable_as_submitted(program), stdin="", args=(), limits=_LIMITS)


async def measured(runs: int) -> dict[str, Any]:
    client = docker.from_env()
    prefix = f"bench-{secrets.token_hex(3)}"
    language = load_language(Path(LANGUAGES_DIR) / "python.toml")
    settings = DockerSettings(node_id=prefix, prefix=prefix, concurrency=1, retire_after=10**6)
    pool = DockerSandboxPool(languages=[language], settings=settings, agent=measured_agent())
    try:
        await pool.start()
        (slot,) = client.containers.list(filters={"label": f"{prefix}.uid"})
        pid = int(slot.attrs["State"]["Pid"])

        async def run(times: int) -> None:
            for _ in range(times):
                async with pool.slot(language, Role.RUN, _LIMITS) as sandbox:
                    outcome = await sandbox.run(hello(), lambda stream, data: None)
                if outcome.stdout != b"hello, world\n":
                    raise RuntimeError(str(outcome))

        await run(_WARM_UP)
        before, cpu_before, times_before = _read(pid), host_cgroup.cpu_s(pid), psutil.Process(pid).cpu_times()
        await run(runs)
        await asyncio.sleep(0.2)
        after, cpu_after, times = _read(pid), host_cgroup.cpu_s(pid), psutil.Process(pid).cpu_times()
    finally:
        await pool.close()
        remove_all(client, prefix)
    count = after["runs"] - before["runs"]
    agent_us = (after["agent_s"] - before["agent_s"]) / count * 1e6
    steps = {step: (after["steps_s"][step] - spent) / count * 1e6 for step, spent in before["steps_s"].items()}
    return {
        "runs": count,
        "slot_us": round((cpu_after - cpu_before) / runs * 1e6),
        "agent_us": round(agent_us),
        "agent_in_kernel": round((times.system - times_before.system) / (sum(times[:2]) - sum(times_before[:2])), 2),
        "steps_us": {step: round(us) for step, us in steps.items()}
        | {"the rest": round(agent_us - sum(steps.values()))},
    }


def _read(pid: int) -> dict[str, Any]:
    return dict(json.loads(Path(f"/proc/{pid}/root{KEPT}").read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.budget", description="Where a slot's time goes.")
    parser.add_argument("--quick", action="store_true", help="a few runs; writes nothing")
    options = parser.parse_args()
    row = asyncio.run(measured(100 if options.quick else _RUNS))
    print(table(["step", "µs"], [[step, str(us)] for step, us in row["steps_us"].items()]))
    print({key: value for key, value in row.items() if key != "steps_us"})
    if not options.quick:
        save("budget.json", row)


if __name__ == "__main__":
    main()

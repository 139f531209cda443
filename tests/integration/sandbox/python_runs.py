"""Python programs that run in a pool's slots, and what the next one finds."""

from __future__ import annotations

from typing import Any

from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool
from tests.builders import some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, language

PYTHON = language("python")


async def run(pool: DockerSandboxPool, script: str, **changes: Any) -> Outcome:
    """One Python program in a slot of its own."""
    wanted = some_limits(**{**AT_LEISURE, **changes})
    async with pool.slot(PYTHON, Role.RUN, wanted) as sandbox:
        files, command = {"main.py": script.encode()}, ("python3", "main.py")
        what = Launch(files=files, command=command, limits=wanted, stack_dump=PYTHON.stack_dump)
        return await sandbox.run(what, nobody)


async def assert_well(pool: DockerSandboxPool) -> None:
    """The next task finds a slot, and nothing of the one before."""
    look = """
        import os
        print(sum(name.isdigit() for name in os.listdir("/proc")))
        for place in ("/tmp", "/var/tmp", "/dev/shm", os.getcwd()):
            print(*os.listdir(place))
    """
    outcome = await run(pool, "\n".join(line.strip() for line in look.splitlines()).replace("\nprint(*", "\n  print(*"))
    processes, *places = outcome.stdout.decode().split("\n")
    assert outcome.exit_code == 0, outcome.stderr
    assert int(processes) <= 3, "agent, zygote and this program"
    assert places == ["", "", "", "main.py", ""]

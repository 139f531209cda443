"""Samples that serve and ask over the slot's own loopback, as articles about the network have them, in each language;
and Python's databases and processes. What is refused to attackers must be missed by none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from node.domain.sandbox import Launch, Role
from tests.builders import some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

PROGRAMS = Path(__file__).parent / "local_servers"
COMMANDS: dict[str, tuple[str, str]] = {
    "python": ("main.py", "python3 main.py"),
    "javascript": ("main.js", "node main.js"),
    "java": ("Main.java", "java Main.java"),
    "cpp": ("main.cpp", "g++ -O1 main.cpp -o program && exec ./program"),
    "go": ("main.go", "/opt/coderunner/go/gobuild -o program main.go main.go && exec ./program"),
}


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_program_serves_itself(engine: PrefixedEngine, name: str) -> None:
    file, command = COMMANDS[name]
    chosen = language(name, warm=None, compile=None)
    roomy: dict[str, Any] = {**AT_LEISURE, "memory_bytes": 1 << 30, "disk_bytes": 512 << 20}
    wanted = some_limits(**roomy, processes=256, file_bytes=512 << 20)
    pool = await engine.pool(chosen, disk_bytes=512 << 20, memory_bytes=1 << 30, processes=256)
    async with pool.slot(chosen, Role.RUN, wanted) as sandbox:
        what = Launch(files={file: (PROGRAMS / file).read_bytes()}, command=("sh", "-c", command), limits=wanted)
        outcome = await sandbox.run(what, nobody)
    assert (outcome.stdout, outcome.exit_code) == (b"served\n", 0), outcome.stderr

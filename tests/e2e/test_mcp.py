"""An assistant runs Python: from the protocol to the container and back."""

from __future__ import annotations

import pytest

from tests.servers.assistant import WAYS
from tests.servers.command import environment_for
from tests.servers.stack import Stack

PROGRAM = """
import sys, time
print("asked", input(), sys.argv[1:], flush=True)
print("aside", file=sys.stderr, flush=True)
time.sleep(2)
print("done")
sys.exit(3)
"""


@pytest.mark.parametrize("way", WAYS)
async def test_a_python_program_is_heard_before_it_ends(judging_stack: Stack, way: str) -> None:
    pieces: list[str | None] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        pieces.append(message)

    async with WAYS[way](environment_for(judging_stack.gateways[0].target)) as assistant:
        served = (await assistant.call_tool("list_languages")).structured_content["languages"]
        assert "python" in {one["name"] for one in served}
        asked = {"language": "python", "code": PROGRAM, "stdin": "why?", "args": ["-x"], "limits": {"wall_ms": 9000}}
        told = await assistant.call_tool("run_code", asked, progress_callback=heard)
    result = told.structured_content
    assert (told.is_error, result["status"], result["exit_code"]) == (True, "FAILED", 3)
    assert (result["stdout"], result["stderr"]) == ("asked why? ['-x']\ndone\n", "aside\n")
    assert result["wall_ms"] >= 2000
    assert result["peak_memory_bytes"] > 0
    heard_first = "".join(filter(None, pieces[:-1]))
    assert "asked why? ['-x']\n" in heard_first, "while it slept"
    assert pieces[-1] == "done\n", "what was printed at its end is told apart"

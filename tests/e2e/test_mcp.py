"""An assistant runs Python: from the protocol to the container and back."""

from __future__ import annotations

import pytest
from mcp.types import EmbeddedResource, ImageContent, TextResourceContents

from tests.servers.assistant import WAYS
from tests.servers.command import environment_for
from tests.servers.stack import Stack

DRAWS = """
import os, struct, zlib
assert open("data.bin", "rb").read() == bytes((255, 0))
os.makedirs("out", exist_ok=True)
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
with open("out/dot.png", "wb") as picture:
    picture.write(b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head))
    picture.write(chunk(b"IDAT", zlib.compress(bytes(2))) + chunk(b"IEND", b""))
with open("out/table.csv", "w") as table:
    table.write("1,2")
"""
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


async def test_files_are_given_to_a_program_and_come_back(judging_stack: Stack) -> None:
    files = {"main.py": DRAWS, "data.bin": {"base64": "/wA="}}
    async with WAYS["stdio"](environment_for(judging_stack.gateways[0].target)) as assistant:
        asked = {"language": "python", "files": files, "entry_point": "main.py"}
        told = await assistant.call_tool("run_code", asked)
    assert not told.is_error, told
    _, picture, table = told.content
    assert isinstance(picture, ImageContent)
    assert picture.mime_type == "image/png"
    assert isinstance(table, EmbeddedResource)
    assert isinstance(table.resource, TextResourceContents)
    assert (table.resource.text, table.resource.mime_type) == ("1,2", "text/csv")
    assert [one["name"] for one in told.structured_content["files"]] == ["out/dot.png", "out/table.csv"]

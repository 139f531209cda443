"""codapi's API, as its widget asks it, with real programs."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest


async def run(url: str, sandbox: str, source: str, **files: str) -> Any:
    body = {"sandbox": sandbox, "version": "", "command": "run", "files": {"": source, **files}}
    headers = {"accept": "application/json", "content-type": "application/json", "origin": "https://blog.example"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/v1/exec", json=body, headers=headers) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()


async def test_a_page_is_told_what_a_program_prints(http_url: str) -> None:
    told = await run(http_url, "python", "from lib import answer\nprint(answer)", **{"lib.py": "answer = 42"})
    assert (told["ok"], told["stdout"], told["stderr"]) == (True, "42\n", "")


@pytest.mark.parametrize(
    ("sandbox", "source", "said"),
    [
        ("cpp", "int main() { return x; }", "was not declared"),
        ("cpp", "int main() { return 3; }", "exit status 3"),
        ("python", "print('so far')\n1 / 0", "so far\nTraceback"),
    ],
)
async def test_a_page_is_told_why_a_program_failed(http_url: str, sandbox: str, source: str, said: str) -> None:
    told = await run(http_url, sandbox, source)
    assert (told["ok"], told["stdout"]) == (False, "")
    assert said in told["stderr"]
    assert told["duration"] > 0

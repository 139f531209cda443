"""A program that a waiting Node.js becomes behaves as ``node FILE`` does: the same program runs both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from node.infrastructure.languages import load_language
from tests.integration.agent.attached import REPOSITORY, AttachedAgent, Report
from tests.integration.agent.sections import read_programs
from tests.integration.agent.slot_fixtures import slot_of
from tests.integration.agent.told import FOLDER, told

PROGRAMS = read_programs("javascript_programs.txt", "main.js")
_told = partial(
    told,
    changing=[
        FOLDER,
        (re.compile(rb"\(node:\d+\)"), b"(node)"),
        (re.compile(rb"^ *\d+: 0x[0-9a-f]+ .*", re.MULTILINE), b"<native>"),
    ],
)

WAITING = 64 + load_language(REPOSITORY / "sandbox" / "languages" / "javascript.toml").processes_overhead
"""Processes that the one that waits was started with: only a task that is granted the same may have it."""
slot = slot_of("javascript")


def _run(slot: AttachedAgent, files: Mapping[str, str | bytes], command: list[str], **options: Any) -> Report:
    return slot.run(files, command, stdin=b"first\nsecond\n", processes=WAITING, **options)


def test_it_is_the_process_that_waited(slot: AttachedAgent) -> None:
    waited = slot.inside("cd /proc; grep -l '^node' [0-9]*/comm | cut -d/ -f1")
    assert _run(slot, {"main.js": "console.log(process.pid)"}, ["node", "main.js"]).stdout.decode() == waited


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_waiting_node_is_as_node(slot: AttachedAgent, name: str) -> None:
    files = dict(PROGRAMS[name])
    entry = "main.mjs" if name.startswith("ES module") else "main.js"
    files[entry] = files.pop("main.js")
    command = ["node", entry, "one", "two words", ""]
    warm, cold = (_run(slot, files, command, warm=warm) for warm in (True, False))
    assert _told(warm) == _told(cold)


def test_an_environment_of_the_task_is_the_programs_and_its_childrens(slot: AttachedAgent) -> None:
    source = (
        "console.log(Object.entries(process.env), String(new Date(0)));"
        "require('child_process').spawnSync('env', { stdio: 'inherit' })"
    )
    env = {"GREETING": "hi = ho", "EMPTY": "", "HOME": "/elsewhere", "UMLAUT": "\u00e4", "TZ": "Asia/Tokyo"}
    command = ["node", "main.js"]
    warm, cold = (_run(slot, {"main.js": source}, command, env=env, warm=warm) for warm in (True, False))
    assert b"GREETING=hi = ho\n" in cold.stdout
    assert b"GMT+0900" in cold.stdout
    assert _told(warm) == _told(cold)


@pytest.mark.parametrize(
    "script", ["nothing.js", ".", "folder", "folder/start.js", "folder/start", "./main.js", "main"]
)
def test_a_program_is_found_as_node_finds_it(slot: AttachedAgent, script: str) -> None:
    source = "console.log(__filename, process.argv, require.main.filename, module.paths)"
    files = {"main.js": source, "folder/start.js": source, "folder/package.json": '{"main": "start.js"}'}
    warm, cold = (_run(slot, files, ["node", script, "x"], warm=warm) for warm in (True, False))
    assert _told(warm) == _told(cold)

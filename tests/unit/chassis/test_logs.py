"""How log lines look, and the words they are made of."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
PACKAGES = ("chassis", "broker_gateway", "node")
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "trouble"})
SPOKEN = """
import logging
from chassis import logs
import structlog
logs.configure({format!r}, "info")
log = structlog.get_logger("x")
log.debug("not_shown")
log.info("task_finished", task_id="t1", ms=1.5)
logging.getLogger("library").warning("from a library")
try:
    secret = "hush"
    raise ValueError("broken")
except ValueError:
    log.exception("part_failed")
"""
NOT_UTF_8 = """
import os
from chassis import logs
import structlog
logs.configure("json", "info")
name = os.fsdecode(b"caf\\xe9")
structlog.get_logger("x").warning("file_not_read", path=name, task_id="t1")
try:
    raise OSError(name)
except OSError:
    structlog.get_logger("x").exception("part_failed", of=object())
"""
KINDS = """
from chassis import logs
import structlog
level = logs.configure({format!r}, "error")
log = structlog.get_logger("x")
log.info("not_shown")
log.info("somebody_did_something", kind=logs.AUDIT)
log.error("our_fault")
level.set("debug")
log.debug("shown_now")
log.debug("somebody_asked", kind=logs.ACCESS)
level.set("warning")
log.info("not_shown_any_more")
structlog.get_logger("y").bind(of=1).info("not_shown_either")
log.warning("at_the_end")
"""

HOSTILE = """
import io, logging, sys
class Terminal(io.StringIO):
    isatty = lambda self: True
shown = sys.stderr if {format!r} != "terminal" else Terminal()
real, sys.stderr = sys.stderr, shown
from chassis import logs
import structlog
logs.configure({format!r}.replace("terminal", "console"), "info")
bad = "x\\x1b[2J\\x9b2J\\u202e\\r\\x07\\nforged"
structlog.get_logger("x").warning("node_record_not_understood", key=bad, keys=[bad])
logging.getLogger("library").warning(bad)
try:
    raise ValueError(bad)
except ValueError:
    structlog.get_logger("x").exception("part_failed")
if shown is not real:
    real.write(shown.getvalue())
"""
OUR_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def spoken(log_format: str, program: str = SPOKEN) -> list[str]:
    """What a process says on standard error, which is no terminal."""
    done = subprocess.run(
        [sys.executable, "-c", program.format(format=log_format)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_lines_are_objects_of_one_shape_those_of_libraries_too() -> None:
    finished, library, failed = map(json.loads, spoken("json"))
    assert (finished["event"], finished["level"], finished["task_id"], finished["ms"]) == (
        "task_finished",
        "info",
        "t1",
        1.5,
    )
    assert finished["timestamp"].endswith("Z")
    assert (library["event"], library["level"]) == ("from a library", "warning")
    assert failed["exception"][0]["exc_value"] == "broken"
    assert "hush" not in json.dumps(failed)


def test_each_line_is_of_a_kind_and_the_level_changes_while_a_logger_is_in_use() -> None:
    lines = [json.loads(line) for line in spoken("json", KINDS)]
    assert [(line["event"], line["kind"]) for line in lines] == [
        ("somebody_did_something", "audit"),
        ("our_fault", "error"),
        ("shown_now", "business"),
        ("somebody_asked", "access"),
        ("at_the_end", "business"),
    ]


def test_lines_of_libraries_have_a_kind_too() -> None:
    finished, library, failed = map(json.loads, spoken("json"))
    assert [line["kind"] for line in (finished, library, failed)] == ["business", "business", "error"]


def test_a_name_that_is_no_utf_8_is_logged_and_fails_nobody() -> None:
    """The encoder refused it, and who wanted to tell of a file failed instead."""
    told, failed = map(json.loads, spoken("json", NOT_UTF_8))
    assert (told["event"], told["path"], told["task_id"]) == ("file_not_read", "caf\udce9", "t1")
    assert failed["exception"][0]["exc_value"] == "caf\udce9"


def test_the_console_is_one_word_and_value_after_the_other_where_nobody_watches() -> None:
    lines = spoken("console")
    assert re.match(r"timestamp='.*Z' level='info' event='task_finished' task_id='t1' ms=1.5", lines[0])
    assert "from a library" in lines[1]
    assert "ValueError: broken" in "\n".join(lines)


def events() -> Iterator[tuple[str, str]]:
    """Every event that the services log, with where."""
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            if "agent" in path.relative_to(REPOSITORY).parts:
                continue  # runs inside a container, and logs nothing
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS:
                    yield from _words(call, f"{path.relative_to(REPOSITORY)}:{call.lineno}")


def _words(call: ast.Call, where: str) -> Iterator[tuple[str, str]]:
    spoken = ast.unparse(call.func).rpartition(".")[0].rpartition(".")[2].lower()
    if "log" in spoken and call.args:
        texts = [node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)]
        yield from ((text, where) for text in texts if isinstance(text, str))


def test_every_event_is_snake_case() -> None:
    found = list(events())
    assert len(found) > 30
    assert [(event, where) for event, where in found if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", event)] == []


@pytest.mark.parametrize("log_format", ["json", "console", "terminal"])
def test_what_a_stranger_wrote_moves_no_cursor(log_format: str) -> None:
    lines = spoken(log_format, HOSTILE)
    shown = "\n".join(lines) if log_format != "terminal" else OUR_COLOURS.sub("", "\n".join(lines))
    assert shown.count("forged") >= 4
    assert {one for one in shown if not one.isprintable()} <= {"\n"}

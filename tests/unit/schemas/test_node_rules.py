"""Which records of nodes are let into a directory."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from schemas.node_rules import fault_of
from tests.builders import a_language_record, a_node_record


def test_a_usual_record_has_no_fault() -> None:
    assert fault_of(a_node_record("a")) == ""
    largest = {
        "pools": ["p" * 64] * 64,
        "host": "h" * 256,
        "labels": {f"{number:064}": "v" * 256 for number in range(64)},
        "capacity": 8_192,
        "running": 8_192,
        "load_score": 100.0,
        "alarms": ["memory 99 % >= 90 %"] * 64,
        "languages": [a_language_record(baseline_memory_bytes=64 << 30, sample="\tif x:\n" * 125, title="t" * 64)],
    }
    assert fault_of(msgspec.structs.replace(a_node_record("a"), **largest)) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ">"),
        ("id", "a.b"),
        ("id", ""),
        ("id", "x" * 65),
        ("pools", []),
        ("pools", [">"]),
        ("pools", ["default", "a.b"]),
        ("pools", ["*"]),
        ("pools", ["default"] * 65),
        ("host", "x\x1b[2J\x1b[1;1Hall is well"),
        ("host", "x\x9b2J"),
        ("host", "x\ny"),
        ("host", "\u202egpj.exe"),
        ("host", "h" * 257),
        ("version", "1\r"),
        ("version", "1" * 65),
        ("sandbox_runtime", "\x07"),
        ("labels", {"a\x1b": "b"}),
        ("labels", {"a": "\x1b"}),
        ("labels", {"a": "b" * 257}),
        ("labels", {str(number): "" for number in range(65)}),
        ("alarms", ["\x1b]0;owned\x07"]),
        ("alarms", [""] * 65),
        ("languages", [a_language_record()] * 257),
        ("languages", [a_language_record("py\x1bthon")]),
        ("languages", [a_language_record("")]),
        ("languages", [a_language_record(baseline_memory_bytes=-1)]),
        ("languages", [a_language_record(baseline_memory_bytes=(64 << 30) + 1)]),
        ("languages", [a_language_record("python", "3\x1b")]),
        ("languages", [a_language_record(title="C\x1b")]),
        ("languages", [a_language_record(title="t" * 65)]),
        ("languages", [a_language_record(editor_mode="a\nb")]),
        ("languages", [a_language_record(sample="print(1)\n" * 112)]),
        ("languages", [a_language_record(sample="\u202eprint(1)")]),
        ("languages", [a_language_record(sample="a\rb")]),
        ("languages", [a_language_record("python", "3", "p\n")]),
        ("languages", [a_language_record("python", extensions=["." * 65])]),
        ("capacity", -1),
        ("capacity", 8_193),
        ("running", -1),
        ("running", 1 << 62),
        ("cpu_percent", float("nan")),
        ("memory_percent", float("inf")),
        ("disk_percent", -0.1),
        ("load_score", -1.0),
        ("load_score", 100.1),
        ("load_score", float("nan")),
        ("started_at_ms", -1),
        ("updated_at_ms", 1 << 60),
    ],
)
def test_a_record_with_a_fault_is_told_by_words_that_repeat_nothing_of_it(field: str, value: Any) -> None:
    fault = fault_of(msgspec.structs.replace(a_node_record("a"), **{field: value}))
    assert fault
    assert fault.isprintable()
    assert "x\x1b" not in fault

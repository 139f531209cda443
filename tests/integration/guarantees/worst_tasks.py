"""The worst tasks that are let in: each is as large as may be, in one of the ways that cost a node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Unpack

from coderunner import Comparison, Limits, Task, TestCase
from coderunner.task import Source, TaskOptions
from node.domain.sizes import MAX_ARTEFACT_BYTES, MAX_ARTEFACTS

KIB, MIB = 1 << 10, 1 << 20
SOURCE_BYTES = 256 * KIB
LIMITS = Limits(cpu_ms=60_000, wall_ms=120_000, output_bytes=MIB)
HELLO = "print('hello')"
LANGUAGES = ["python", "java", "cpp"]
WRITES = """\
import sys
piece = {piece!r}
for stream in sys.stdout, sys.stderr:
    stream.buffer.write(piece * ((1 << 20) // len(piece)))
    stream.flush()
"""
WORDS = 200_000


@dataclass(frozen=True, slots=True)
class WorstTask:
    """One task, and how it ends."""

    name: str
    task: Task
    ends: str


def worst_tasks() -> Iterator[WorstTask]:
    """The worst of sources, inputs, outputs and artefacts."""
    yield from _sources()
    yield from _inputs()
    yield from _outputs()
    yield from _artefacts()


def _python(source: Source, **options: Unpack[TaskOptions]) -> Task:
    return replace(Task(language="python", source=source, limits=LIMITS), **options)


def _sources() -> Iterator[WorstTask]:
    for size in (80_000, SOURCE_BYTES):
        yield WorstTask(f"{size} blank lines", Task(language="java", source={"": "\n" * size}), "COMPILE_ERROR")
    for size in (20 * KIB, SOURCE_BYTES):
        yield WorstTask(f"{size} blanks", _python("import" + " " * (size - 6)), "FAILED")
        yield WorstTask(f"{size} imports", _python("import  \n" * (size // 9)), "FAILED")
    yield WorstTask("64 files", _python({"main.py": HELLO} | _files(63, SOURCE_BYTES - KIB)), "SUCCEEDED")


def _files(count: int, size: int) -> dict[str, str]:
    return {f"{number:0200}": "\x01" * (size // count) for number in range(count)}


def _inputs() -> Iterator[WorstTask]:
    args = ["\x01" * 511 for _ in range(128)]
    env = {f"V{number}": "\x01" * 1000 for number in range(64)}
    yield WorstTask("input", _python(HELLO, stdin="\x01" * MIB), "SUCCEEDED")
    yield WorstTask("arguments", _python(HELLO, args=args), "SUCCEEDED")
    yield WorstTask("environment", _python(HELLO, env=env), "SUCCEEDED")
    everything = _python(
        {"main.py": HELLO} | _files(63, SOURCE_BYTES - KIB), stdin="\x01" * (MIB - 128 * KIB), args=args, env=env
    )
    yield WorstTask("a body of 7 MB", everything, "SUCCEEDED")


def _outputs() -> Iterator[WorstTask]:
    cases = [TestCase() for _ in range(100)]
    controls = _python(WRITES.format(piece=b"\x01"), cases=cases)
    yield WorstTask("100 cases of control characters", controls, "FAILED")
    yield WorstTask("a large result", replace(controls, cases=cases[:4], large_result=True), "FAILED")
    for piece in (b"\xff", b"a\xff", b"\n", "\U0001f600".encode()):
        yield WorstTask(f"{piece!r} on both streams", _python(WRITES.format(piece=piece)), "SUCCEEDED")
    trickle = "import os\nfor _ in range(1 << 19): os.write(1, b'\\n')"
    yield WorstTask("a byte at a time", _python(trickle), "SUCCEEDED")
    said, expected = "1.5 " * WORDS, "1.50 " * WORDS
    numbers = TestCase(expected_output=expected, comparison=Comparison("FLOAT"))
    yield WorstTask("200,000 numbers", _python(f"print({said[:4]!r} * {WORDS})", cases=[numbers]), "SUCCEEDED")


def _artefacts() -> Iterator[WorstTask]:
    yield WorstTask("classes that cross", _java(MAX_ARTEFACTS), "SUCCEEDED")
    yield WorstTask("8,000 classes", _java(8_000), "COMPILE_ERROR")
    limits = replace(LIMITS, disk_bytes=2 * MAX_ARTEFACT_BYTES, file_bytes=2 * MAX_ARTEFACT_BYTES)
    filled = f"char filled[{MAX_ARTEFACT_BYTES - MIB}] = {{1}}; int main() {{ return filled[0] - 1; }}"
    yield WorstTask("a program of 63 MiB", Task(language="cpp", source=filled, limits=limits), "SUCCEEDED")


def _java(classes: int) -> Task:
    nested = "\n".join(f"class C{number} {{}}" for number in range(classes - 1))
    source = f"public class Main {{ public static void main(String[] a) {{}}\n{nested}\n}}"
    return Task(language="java", source={"Main.java": source}, limits=LIMITS)

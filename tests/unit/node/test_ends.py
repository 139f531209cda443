"""What is said of an end that no line is known for."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from node.application.diagnosing import of_run, together
from node.domain.ends import end_of
from node.domain.program import program_of
from node.domain.sandbox import Ending
from node.domain.verdict import stage_of
from node.infrastructure.languages import load_languages
from schemas.diagnostic import MAX_DIAGNOSTICS, MAX_MESSAGE, Diagnostic
from schemas.status import Severity
from schemas.task import SourceFile
from tests.builders import MIB, an_outcome, some_limits

LANGUAGES = {one.id: one for one in load_languages(Path(__file__).parents[3] / "sandbox" / "languages")}
PYTHON = LANGUAGES["python"]
LIMITS = some_limits(memory_bytes=256 * MIB)


def told(language: str = "cpp", ending: Ending = Ending.EXITED, **changes: object) -> list[tuple[str, str]]:
    outcome = an_outcome(ending, None, **changes)
    return [(one.code, one.message) for one in end_of(outcome, LIMITS, LANGUAGES[language], "run")]


def test_a_signal_is_told_by_its_name_with_what_usually_causes_it() -> None:
    ((code, message),) = told(signal=11)
    assert code == "SIGSEGV"
    assert message.startswith("used an address that is not the program's")
    assert told(signal=8)[0][1].startswith("an integer operation without a result")


@pytest.mark.parametrize("number", [*signal.valid_signals()])
def test_every_signal_has_a_name_and_words_that_fit(number: int) -> None:
    ((code, message),) = told(signal=number)
    assert code
    assert 20 < len(message) < MAX_MESSAGE


def test_it_is_in_no_file_and_no_line() -> None:
    (found,) = end_of(an_outcome(exit_code=None, signal=11), LIMITS, PYTHON, "case:1")
    assert (found.stage, found.file, found.line, found.column) == ("case:1", "", 0, 0)
    assert found.severity is Severity.ERROR


def test_what_is_not_among_its_last_words_did_not_end_it() -> None:
    stderr = b"java.lang.OutOfMemoryError: Java heap space\n" + b"x\n" * (64 << 10)
    assert told("java", Ending.MEMORY, stderr=stderr) == [("memory limit", "its peak was 1 of 256 MiB")]


def test_of_several_that_the_runtime_could_not_allocate_the_last_ended_the_program() -> None:
    stderr = b"java.lang.OutOfMemoryError: Java heap space\njava.lang.OutOfMemoryError: Metaspace\n"
    ((_, message),) = told("java", Ending.MEMORY, stderr=stderr)
    assert message.endswith("java.lang.OutOfMemoryError: Metaspace")


def test_an_end_that_explains_itself_is_told_nothing_of() -> None:
    outcome = an_outcome(exit_code=3)
    assert end_of(outcome, LIMITS, PYTHON, "run") == []
    for ending in (Ending.WALL, Ending.OUTPUT, Ending.DISK, Ending.CANCELLED):
        assert told(ending=ending, signal=9) == []


def test_a_limit_of_memory_is_told_with_the_peak() -> None:
    peak = 255 * MIB + MIB // 2
    assert told(ending=Ending.MEMORY, signal=9, peak_memory_bytes=peak) == [
        ("memory limit", "its peak was 255.5 of 256 MiB")
    ]


@pytest.mark.parametrize(
    ("language", "stderr", "said"),
    [
        (
            "go",
            "runtime: out of memory: cannot allocate 8589934592-byte block (3899392 in use)\n"
            "fatal error: out of memory\n\ngoroutine 1 [running]:\n",
            "cannot allocate 8589934592-byte block (3899392 in use)",
        ),
        (
            "java",
            'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat M.f(M.java:3)\n',
            "heap",
        ),
        ("cpp", "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  x\n", "std::bad_alloc"),
        (
            "javascript",
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n",
            "Reached",
        ),
    ],
)
def test_what_the_runtime_says_of_the_allocation_is_told_too(language: str, stderr: str, said: str) -> None:
    ((_, message),) = told(language, Ending.MEMORY, signal=6, stderr=stderr.encode())
    assert message.startswith("its peak was 1 of 256 MiB; its runtime says: ")
    assert said in message
    assert "goroutine" not in message


@pytest.mark.parametrize("filling", [b"MemoryError: x\n", b"\x1b[2J MemoryError:\x00 \xff\n", b"MemoryError:" * 99])
def test_words_of_a_hostile_program_are_bounded_and_can_be_shown(filling: bytes) -> None:
    ((_, message),) = told("python", Ending.MEMORY, stderr=filling * (MIB // len(filling)))
    assert len(message) <= MAX_MESSAGE
    assert message.isprintable()


async def test_the_traceback_of_an_error_that_did_not_end_the_program_is_none() -> None:
    program = program_of(PYTHON, "3", [SourceFile("main.py", "")])
    trace = b'Traceback (most recent call last):\n  File "main.py", line 1, in <module>\nKeyError: 1\n'
    for ending, code, count in [
        (Ending.EXITED, 1, 1),
        (Ending.EXITED, 0, 0),
        (Ending.WALL, 1, 0),
        (Ending.OUTPUT, 1, 0),
    ]:
        outcome = an_outcome(ending, code, stderr=trace)
        assert len(await of_run(program, "run", outcome, stage_of(outcome), LIMITS)) == count


async def test_a_case_that_ran_out_of_memory_is_told_with_its_line_and_its_peak() -> None:
    program = program_of(PYTHON, "3", [SourceFile("main.py", "")])
    trace = b'Traceback (most recent call last):\n  File "main.py", line 7, in <module>\nMemoryError\n'
    outcome = replace(an_outcome(Ending.MEMORY, 1, stderr=trace), fault="x")
    found = await of_run(program, "case:3", outcome, stage_of(outcome), LIMITS)
    assert [(one.stage, one.line, one.code) for one in found] == [
        ("case:3", 7, "MemoryError"),
        ("case:3", 0, "memory limit"),
    ]


def test_warnings_of_the_compiler_leave_room_for_the_end() -> None:
    warnings = [
        Diagnostic(stage="compile", file="m", line=n, column=0, severity=Severity.WARNING, message="w", code="")
        for n in range(MAX_DIAGNOSTICS)
    ]
    end = end_of(an_outcome(exit_code=None, signal=11), LIMITS, PYTHON, "run")
    found = together(warnings, end)
    assert len(found) == MAX_DIAGNOSTICS
    assert found[-1].code == "SIGSEGV"


@pytest.mark.parametrize(("stdin_bytes", "words"), [(0, "is empty"), (12, "is 12 bytes")], ids=["none", "some"])
async def test_a_program_that_reads_on_after_all_of_its_input_is_told_so_at_the_line_of_its_error(
    stdin_bytes: int, words: str
) -> None:
    program = program_of(PYTHON, "3", [SourceFile("main.py", "")])
    head = b'Traceback (most recent call last):\n  File "main.py", line 7, in <module>\n'
    outcome = an_outcome(Ending.EXITED, 1, stderr=head + b"EOFError: EOF when reading a line\n")
    error, note = await of_run(program, "run", outcome, stage_of(outcome), LIMITS, stdin_bytes=stdin_bytes)
    assert (error.code, note.code, note.severity) == ("EOFError", "end of input", Severity.NOTE)
    assert (note.file, note.line, note.stage) == (error.file, error.line, "run") == ("main.py", 7, "run")
    assert note.message == f"the program probably reads more than its standard input has, which {words}"


async def test_where_the_line_of_the_error_is_not_told_the_note_is_in_no_file() -> None:
    program = program_of(PYTHON, "3", [SourceFile("main.py", "")])
    outcome = an_outcome(Ending.EXITED, 1, stderr=b"EOFError: EOF when reading a line\n")
    (note,) = await of_run(program, "case:1", outcome, stage_of(outcome), LIMITS, stdin_bytes=0)
    assert (note.stage, note.file, note.line, note.code) == ("case:1", "", 0, "end of input")
    assert note.severity is Severity.NOTE


async def test_of_a_program_that_is_talked_to_or_fails_otherwise_no_end_of_input_is_told() -> None:
    program = program_of(PYTHON, "3", [SourceFile("main.py", "")])
    head = b'Traceback (most recent call last):\n  File "main.py", line 7, in <module>\n'
    talked = an_outcome(Ending.EXITED, 1, stderr=head + b"EOFError: EOF when reading a line\n")
    assert len(await of_run(program, "run", talked, stage_of(talked), LIMITS, stdin_bytes=None)) == 1
    other = an_outcome(Ending.EXITED, 1, stderr=head + b"EOFError: its own\n")
    assert len(await of_run(program, "run", other, stage_of(other), LIMITS, stdin_bytes=0)) == 1
    printed = an_outcome(Ending.EXITED, 0, stderr=head + b"EOFError: EOF when reading a line\n")
    assert await of_run(program, "run", printed, stage_of(printed), LIMITS, stdin_bytes=0) == []

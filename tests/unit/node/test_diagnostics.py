"""Diagnostics found in the output of a stage: whose they are, how many, and how long it may take."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from node.domain.diagnostics import MAX_CHARACTERS, diagnostics_of
from node.domain.language import DiagnosticRule
from node.infrastructure.languages import load_languages
from schemas.diagnostic import MAX_DIAGNOSTICS, MAX_MESSAGE, Diagnostic
from schemas.status import Severity

LANGUAGES = {one.id: one for one in load_languages(Path(__file__).parents[3] / "sandbox" / "languages")}
GCC = LANGUAGES["cpp"].diagnostics
PYTHON = LANGUAGES["python"].diagnostics
JAVA = LANGUAGES["java"].diagnostics
RULE = DiagnosticRule("run", r"^(?P<file>\S+):(?P<line>\d+): (?P<message>.*)$")


def places(found: list[Diagnostic]) -> list[tuple[str, int]]:
    return [(one.file, one.line) for one in found]


def test_only_the_programs_own_files_are_told_of() -> None:
    output = "/usr/include/c++/14/vector:3:1: error: a\nmain.cpp:2:5: error: b\nother.cpp:1:1: error: c\n"
    assert places(diagnostics_of(GCC, "compile", output, {"main.cpp"})) == [("main.cpp", 2)]


def test_a_file_is_known_by_its_path_in_the_slot_and_the_longest_name_wins() -> None:
    files = {"main.py", "lib/main.py"}
    for told, file in [("/w/1/lib/main.py", "lib/main.py"), ("/w/1/main.py", "main.py"), ("./main.py", "main.py")]:
        assert places(diagnostics_of([RULE], "run", f"{told}:7: x\n", files)) == [(file, 7)]


def test_a_frame_that_names_no_folder_is_of_the_only_file_of_that_name() -> None:
    trace = 'Exception in thread "main" a.B\n\tat x.Y.z(Y.java:5)\n'
    assert places(diagnostics_of(JAVA, "run", trace, {"x/Y.java", "Main.java"})) == [("x/Y.java", 5)]
    assert diagnostics_of(JAVA, "run", trace, {"x/Y.java", "y/Y.java"}) == []


def test_severity_column_code_and_message_are_as_the_compiler_tells_them() -> None:
    output = "m.cpp:1:2: fatal error: f\nm.cpp:3:4: warning: w [-Wx]\nm.cpp:5:6: note: n [a note]\n"
    assert diagnostics_of(GCC, "compile", output, {"m.cpp"}) == [
        Diagnostic(stage="compile", file="m.cpp", line=line, column=column, severity=severity, message=words, code=code)
        for line, column, severity, words, code in [
            (1, 2, Severity.ERROR, "f", ""),
            (3, 4, Severity.WARNING, "w", "-Wx"),
            (5, 6, Severity.NOTE, "n [a note]", ""),
        ]
    ]


def test_the_rules_of_compiling_are_not_held_against_a_run_and_the_other_way_round() -> None:
    assert diagnostics_of(GCC, "run", "m.cpp:1:2: error: x\n", {"m.cpp"}) == []
    assert diagnostics_of([RULE], "compile", "m:1: x\n", {"m"}) == []
    assert places(diagnostics_of([RULE], "case:3", "m:1: x\n", {"m"})) == [("m", 1)]


def test_an_error_without_words_is_told_by_its_name() -> None:
    trace = 'Traceback (most recent call last):\n  File "main.py", line 1, in <module>\nStopIteration\n'
    (found,) = diagnostics_of(PYTHON, "run", trace, {"main.py"})
    assert (found.message, found.code) == ("StopIteration", "StopIteration")


def test_there_are_at_most_twenty_of_words_that_can_be_shown() -> None:
    output = "".join(f"m:{line}: \x1b[2J{'é' * 1000}\n" for line in range(1, 40))
    found = diagnostics_of([RULE], "run", output, {"m"})
    assert places(found) == [("m", line) for line in range(1, MAX_DIAGNOSTICS + 1)]
    assert {len(one.message) for one in found} == {MAX_MESSAGE - 1}
    assert all(one.message.isprintable() for one in found)


def test_one_that_is_told_twice_is_one() -> None:
    assert places(diagnostics_of([RULE], "run", "m:1: x\nm:1: x\n", {"m"})) == [("m", 1)]


def test_a_program_is_looked_at_from_its_end_and_a_compiler_from_its_start() -> None:
    filling = "x\n" * MAX_CHARACTERS
    assert places(diagnostics_of([RULE], "run", f"{filling}m:1: x\n", {"m"})) == [("m", 1)]
    assert places(diagnostics_of(GCC, "compile", f"m:1:1: error: x\n{filling}", {"m"})) == [("m", 1)]


@pytest.mark.parametrize("number", ["0", "007", "99999999999999999999999", "1" * 5000])
def test_a_number_is_what_it_says_or_none(number: str) -> None:
    (found,) = diagnostics_of([RULE], "run", f"m:{number}: x\n", {"m"})
    assert found.line == (int(number) if len(number) < 9 else 0)


WORST = {
    "headers of traces": "Traceback (most recent call last):\n" * 2000,
    "a trace that does not end": "Traceback (most recent call last):\n" + '  File "x", line 3\n' * 4000,
    "frames": "E: x\n" + "    at (/main.js:1:1)\n" * 4000,
    "places with carets": "/main.js:1\nx\n  ^\n" * 4000,
    "errors": "m:1:1: error: x\n" * 5000,
    "brackets": "main.cpp:1:1: error: a [\n" * 3000,
    "colons": ":" * MAX_CHARACTERS,
    "one word": "é" * MAX_CHARACTERS,
    "assertions": "x: main.cpp:1: " + ": " * (MAX_CHARACTERS // 2),
    "panics": "panic: x\n" * 8000,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("output", WORST)
def test_the_worst_output_takes_no_longer_than_its_size_asks_for(language: str, output: str) -> None:
    files = {f"f{number}" for number in range(60)} | {"main.cpp", "m", "main.js"}
    for stage in ("compile", "run"):
        started = time.thread_time()
        found = diagnostics_of(LANGUAGES[language].diagnostics, stage, WORST[output], files)
        assert time.thread_time() - started < 0.5  # 2 to 17 ms; a pattern that tries alternatives takes minutes
        assert len(found) <= MAX_DIAGNOSTICS

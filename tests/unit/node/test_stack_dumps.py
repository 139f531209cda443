"""Where a program was, found in the stack dumps of the runtimes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from node.application.diagnosing import of_run
from node.domain.program import program_of
from node.domain.sandbox import Ending, StackDump
from node.domain.stack_dumps import MAX_FRAMES, places_of
from node.domain.verdict import stage_of
from node.infrastructure.languages import load_languages
from schemas.diagnostic import MAX_MESSAGE
from schemas.status import Severity
from schemas.task import SourceFile
from tests.builders import LIMITS, an_outcome

LANGUAGES = {one.id: one for one in load_languages(Path(__file__).parents[3] / "sandbox" / "languages")}
TELLING = {name: one.stack_dump for name, one in LANGUAGES.items() if one.stack_dump}

PYTHON = """Stack (most recent call first):
  File "/usr/lib/python3.13/json/decoder.py", line 345 in decode
  File "/workspace/task-1/lib/a.py", line 3 in f
  File "/workspace/task-1/main.py", line 7 in <module>
"""
JAVA = """Full thread dump OpenJDK 64-Bit Server VM (21.0.13 mixed mode, sharing)

"main" #1 [28] prio=5 os_prio=0 waiting on condition
   java.lang.Thread.State: WAITING (on object monitor)
\tat java.lang.Thread.join(java.base@21.0.13/Thread.java:2072)
\tat Main.main(Main.java:9)

"worker" #21 [40] prio=5 os_prio=0 runnable
   java.lang.Thread.State: RUNNABLE
\tat java.util.HashMap.put(java.base@21.0.13/HashMap.java:618)
\tat Main.spin(Main.java:4)
\tat java.lang.Thread.run(java.base@21.0.13/Thread.java:1583)
"""
GO = """SIGQUIT: quit
PC=0x491b08 m=0 sigcode=0

goroutine 0 gp=0x55f0 m=0 mp=0x55f420 [idle]:
runtime.futex(0x1)
\t/usr/lib/go-1.24/src/runtime/sys_linux_amd64.s:557 +0x21 fp=0x7ffe sp=0x7ffd pc=0x46f543

goroutine 1 gp=0xc000002380 m=0 mp=0x55f420 [running]:
main.spin(...)
\t./main.go:1
main.turn(0x7, {0xc0, 0x1})
\t./main.go:12 +0x3 fp=0xc0 sp=0xc0 pc=0x4
main.main()
\t./main.go:15 +0x48 fp=0xc00008cf50 sp=0xc00008cf08 pc=0x491b08
"""
JAVASCRIPT = """Stack dump:
f (/workspace/task-1/main.js:2:29)
node:internal/x:1:1
Array.forEach (<anonymous>)
/workspace/task-1/main.js:3:1
Module._compile (node:internal/modules/cjs/loader:1529:14)
"""


@pytest.mark.parametrize(
    ("language", "text", "files", "expected"),
    [
        (
            "python",
            PYTHON,
            {"main.py", "lib/a.py"},
            [("lib/a.py", 3, 0, "here", "f"), ("main.py", 7, 0, "", "<module>")],
        ),
        ("java", JAVA, {"Main.java"}, [("Main.java", 4, 0, "here", "Main.spin")]),
        ("go", GO, {"main.go"}, [("main.go", 12, 0, "in a call", "main.turn"), ("main.go", 15, 0, "", "main.main")]),
        ("javascript", JAVASCRIPT, {"main.js"}, [("main.js", 2, 29, "here", "f"), ("main.js", 3, 1, "", "")]),
    ],
)
def test_the_innermost_call_in_a_file_of_the_programs_is_told_first_then_what_led_to_it(
    language: str, text: str, files: set[str], expected: list[tuple[str, int, int, str, str]]
) -> None:
    found = places_of(TELLING[language], text, files, "case:2")
    assert [(one.file, one.line, one.column) for one in found] == [one[:3] for one in expected]
    words = {"here": "was here when its time was up", "in a call": "was in a call from here when its time was up"}
    for one, (*_, how, function) in zip(found, expected, strict=True):
        assert one.message == words.get(how, "called from here") + (f", in {function}" if function else "")
        assert one.severity is (Severity.ERROR if how else Severity.NOTE)
        assert (one.stage, one.code) == ("case:2", "time limit")


def test_a_call_whose_line_the_runtime_does_not_know_is_told_where_there_is_no_other() -> None:
    text = "SIGQUIT: quit\n\ngoroutine 1 [running]:\nmain.main()\n\t./main.go:1 +0x2\n"
    (found,) = places_of(TELLING["go"], text, {"main.go"}, "run")
    assert (found.file, found.line, found.message) == ("main.go", 0, "was here when its time was up, in main.main")


def test_where_the_runtime_does_not_know_the_innermost_line_the_call_is_told() -> None:
    text = "SIGQUIT: quit\n\ngoroutine 1 [running]:\nmain.f(...)\n\t./main.go:1\nmain.main()\n\t./main.go:9 +0x2\n"
    (found,) = places_of(TELLING["go"], text, {"main.go"}, "run")
    words = "was in a call from here when its time was up, in main.main"
    assert (found.line, found.severity, found.message) == (9, Severity.ERROR, words)


@pytest.mark.parametrize("language", TELLING)
def test_other_files_are_none_of_the_programs(language: str) -> None:
    for text in (PYTHON, JAVA, GO, JAVASCRIPT):
        assert places_of(TELLING[language], text, {"other"}, "run") == []


def test_a_recursion_is_told_once_and_only_the_innermost_calls_are() -> None:
    lines = "".join(f'  File "main.py", line {number // 2} in f\n' for number in range(2, 99))
    found = places_of(TELLING["python"], lines, {"main.py"}, "run")
    assert [one.line for one in found] == [*range(1, MAX_FRAMES + 1)]


def test_a_name_is_bounded_and_can_be_shown() -> None:
    (found,) = places_of(TELLING["python"], f'  File "main.py", line 3 in \x1b[2J{"é" * 999}\n', {"main.py"}, "run")
    assert found.message.isprintable()
    assert len(found.message) < MAX_MESSAGE


async def test_only_a_limit_of_time_has_a_place() -> None:
    python = LANGUAGES["python"]
    program = program_of(python, "3", [SourceFile("main.py", "")])
    dump = b'Stack (most recent call first):\n  File "main.py", line 7 in \xff\n'
    for ending, count in [(Ending.WALL, 1), (Ending.CPU, 1), (Ending.CANCELLED, 0), (Ending.OUTPUT, 0)]:
        outcome = an_outcome(ending, None, stack_dump=dump)
        assert len(await of_run(program, "run", outcome, stage_of(outcome), LIMITS)) == count


async def test_a_language_that_cannot_tell_has_none() -> None:
    program = program_of(LANGUAGES["bash"], "5", [SourceFile("main.sh", "")])
    outcome = an_outcome(Ending.WALL, None, stack_dump=b'  File "main.sh", line 7 in f\n')
    assert await of_run(program, "run", outcome, stage_of(outcome), LIMITS) == []


WORST = {
    "stacks": "\n\n" * 16_384,
    "frames": '  File "main.pz", line 3 in f\n' * 1_100,
    "Java's frames": "\tat a(Main.javb:3)\n" * 1_700,
    "Go's frames": "f()\n\t./main.gp:3\n" * 2_200,
    "brackets": "(" * 32_768,
    "calls": "f(" * 16_384,
    "blanks": " " * 32_768,
    "one word": "é" * 32_768,
}


@pytest.mark.parametrize("language", TELLING)
@pytest.mark.parametrize("text", WORST)
def test_the_worst_dump_takes_no_longer_than_its_size_asks_for(language: str, text: str) -> None:
    files = {f"f{number}" for number in range(60)}
    started = time.thread_time()
    assert places_of(TELLING[language], WORST[text], files, "run") == []
    assert time.thread_time() - started < 0.5


def test_a_language_need_not_tell() -> None:
    assert {"python", "javascript", "java", "go"} <= set(TELLING)
    assert not {"bash", "c", "cpp"} & set(TELLING)
    assert isinstance(TELLING["go"], StackDump)

"""Where a program was when its time was up, as the real runtimes in real slots tell it; and programs that make use of
the question."""

from __future__ import annotations

import pytest

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.program import program_of
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.execution import Execution
from schemas.status import Severity, Status
from schemas.task import SourceFile
from tests.builders import a_task, some_limits
from tests.fakes.node import FakeDelivery, RecordingAnnouncer
from tests.integration.sandbox.languages import language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

Files = dict[str, str]
Place = tuple[str, int, str]
"""File, line, function."""
CPU_MS = 400


def java(body: str, spin: str = "static void spin(int n) {\n    while (true) n++;\n  }") -> Files:
    return {
        "Main.java": f"public class Main {{\n  {spin}\n"
        f"  public static void main(String[] s) throws Exception {{\n    {body}\n  }}\n}}\n"
    }


def go(body: str, imports: str = "", spin: str = "for x >= 0 { x = x * 3 & 255 }") -> Files:
    spinning = f"var x int\n\nfunc spin() {{\n\t{spin}\n}}\n"
    return {"main.go": f"package main\n\n{imports}\n{spinning}\nfunc main() {{\n\t{body}\n}}\n"}


SPIN_PY = "def spin():\n    n = 0\n    while True: n += 1\n"
SPIN_JS = "function spin() {\n  for (let n = 0; n >= 0;) n = (n + 1) % 100;\n}\n"
LOST: dict[str, tuple[str, Files, list[Place]]] = {
    "Python, in a function": (
        "python",
        {"main.py": f"{SPIN_PY}spin()\n"},
        [("main.py", 3, "spin"), ("main.py", 4, "<module>")],
    ),
    "Python, in a module of its own": (
        "python",
        {"main.py": "import lib.it\n\nlib.it.spin()\n", "lib/it.py": SPIN_PY},
        [("lib/it.py", 3, "spin"), ("main.py", 3, "<module>")],
    ),
    "Python, in another thread, while main waits": (
        "python",
        {"main.py": f"import threading\n{SPIN_PY}t = threading.Thread(target=spin)\nt.start()\nt.join()\n"},
        [("main.py", 4, "spin")],
    ),
    "Python, in code of the library's": (
        "python",
        {"main.py": "def power():\n    return 7 ** 10 ** 9\n\npower()\n"},
        [("main.py", 2, "power"), ("main.py", 4, "<module>")],
    ),
    "Python, which waits": (
        "python",
        {"main.py": "import time\nwhile True:\n    time.sleep(1000)\n"},
        [("main.py", 3, "<module>")],
    ),
    "Python, in a recursion": (
        "python",
        {"main.py": "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\nfib(90)\n"},
        [("main.py", 2, "fib"), ("main.py", 4, "<module>")],
    ),
    "JavaScript": (
        "javascript",
        {"main.js": f"{SPIN_JS}spin();\n"},
        [("main.js", 2, "spin"), ("main.js", 4, "Object.<anonymous>")],
    ),
    "JavaScript, in a module": (
        "javascript",
        {"main.mjs": "import { spin } from './it.mjs';\n\nspin();\n", "it.mjs": f"export {SPIN_JS}"},
        [("it.mjs", 2, "spin"), ("main.mjs", 3, "called from here")],
    ),
    "JavaScript, in a regular expression": (
        "javascript",
        {"main.js": "\n/(a+)+b/.test('a'.repeat(100));\n"},
        [("main.js", 2, "Object.<anonymous>")],
    ),
    "JavaScript, in a worker thread": (
        "javascript",
        {
            "main.js": "const { Worker, isMainThread } = require('worker_threads');\n"
            f"if (isMainThread) new Worker(__filename); else spin();\n{SPIN_JS}"
        },
        [("main.js", 4, "spin"), ("main.js", 2, "Object.<anonymous>")],
    ),
    "Go, in main": ("go", go("spin()"), [("main.go", 7, "main.spin"), ("main.go", 11, "main.main")]),
    "Go, while main waits": ("go", go("go spin()\n\tselect {}"), [("main.go", 7, "main.spin")]),
    "Go, which waits": (
        "go",
        go("var c chan int\n\tgo func() { for { time.Sleep(time.Hour) } }()\n\t<-c", 'import "time"'),
        [("main.go", 13, "main.main")],
    ),
    "Java, in main": ("java", java("spin(1);"), [("Main.java", 3, "Main.spin"), ("Main.java", 6, "Main.main")]),
    "Java, in another thread, while main waits": (
        "java",
        java('Thread t = new Thread(() -> spin(1), "w");\n    t.start();\n    t.join();'),
        [("Main.java", 3, "Main.spin"), ("Main.java", 6, "Main.lambda$main$0")],
    ),
    "Java, which waits": ("java", java("Thread.sleep(1 << 30);"), [("Main.java", 6, "Main.main")]),
}


async def out_of_time(engine: PrefixedEngine, name: str, files: Files, **limits: int) -> Execution:
    served = language(name)
    sources = [SourceFile(file, content) for file, content in files.items()]
    granted = some_limits(**{"cpu_ms": CPU_MS, "wall_ms": 60_000, **limits})
    attempt = Attempt(FakeDelivery(a_task(language=name, files=sources, limits=granted)), "n1", 0.0)
    bench = Workbench(await engine.pool(served), MemoryArtefactStore(), RecordingAnnouncer())
    return await bench.execute(attempt, program_of(served, "1", sources))


async def asked_again(engine: PrefixedEngine, name: str, files: Files, **limits: int) -> Execution:
    """The same; once or twice more where a busy machine did not let the runtime answer in time."""
    for _ in range(2):
        execution = await out_of_time(engine, name, files, **limits)
        if execution.diagnostics:
            return execution
    return await out_of_time(engine, name, files, **limits)


def places(execution: Execution) -> list[Place]:
    return [(one.file, one.line, one.message.rpartition(", in ")[2]) for one in execution.diagnostics]


@pytest.mark.parametrize("name", LOST)
async def test_at_its_time_limit_a_program_is_told_of_where_it_was(engine: PrefixedEngine, name: str) -> None:
    served, files, expected = LOST[name]
    limits = {"wall_ms": 1_500} if name.endswith("which waits") else {}
    execution = await asked_again(engine, served, files, **limits)
    assert execution.status is Status.TIME_LIMIT
    assert places(execution) == expected, execution
    assert [one.severity for one in execution.diagnostics] == [Severity.ERROR] + [Severity.NOTE] * (len(expected) - 1)
    assert {(one.stage, one.code) for one in execution.diagnostics} == {("run", "time limit")}
    run = execution.run
    assert run is not None
    assert (run.exit_code, run.signal, run.stdout, run.stderr) == (None, 9, "", "")


FORGED = 'Stack (most recent call first):\\n  File "/etc/passwd", line 1 in root\\n'


def handling(handler: str) -> Files:
    """A Python program that has a handler of its own for the signal, and never ends."""
    return {"main.py": f"import os, signal, sys\n{handler}\nsignal.signal(64, handler)\nprint('x')\nwhile True: pass\n"}


HOSTILE: dict[str, Files] = {
    "ignores it": {"main.py": "import signal\nsignal.signal(64, signal.SIG_IGN)\nprint('x')\nwhile True: pass\n"},
    "blocks it": {
        "main.py": "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [64])\nprint('x')\nwhile True: pass\n"
    },
    "ends well then": handling("def handler(*_): os._exit(0)"),
    "prints then": handling("def handler(*_): print('more'); print('more', file=sys.stderr)"),
    "floods then": handling("def handler(*_):\n    while True: os.write(1, b'x' * 65536); os.write(2, b'x' * 65536)"),
    "forks then": handling("def handler(*_):\n    while True:\n        try: os.fork()\n        except OSError: pass"),
    "forges a stack of other files": handling(f"def handler(*_):\n    while True: os.write(2, b'{FORGED}' * 999)"),
    "closes its streams then": handling("def handler(*_): os.close(1); os.close(2)"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_a_program_does_with_the_question_changes_nothing_in_its_end(
    engine: PrefixedEngine, name: str
) -> None:
    execution = await out_of_time(engine, "python", HOSTILE[name])
    run = execution.run
    assert run is not None
    assert execution.status is Status.TIME_LIMIT
    assert (run.exit_code, run.signal, run.stdout, run.stderr) == (None, 9, "x\n", "")
    assert run.limits_hit == ["cpu"]
    assert run.cpu_ms < CPU_MS + 200
    assert execution.diagnostics == []


async def test_a_stack_that_is_forged_is_bounded_and_of_the_programs_own_files(engine: PrefixedEngine) -> None:
    """It says of itself what it likes; more it cannot."""
    lines = "".join(f'  File "main.py", line {number} in \\x1b[2J{"f" * 300}\\n' for number in range(1, 90))
    handler = f"def handler(*_):\n    os.write(2, b'Stack (most recent call first):\\n{lines}'); os.fork(); os._exit(0)"
    execution = await out_of_time(engine, "python", handling(handler))
    assert execution.status is Status.TIME_LIMIT
    assert [one.line for one in execution.diagnostics] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(one.message.isprintable() and len(one.message) < 150 for one in execution.diagnostics)


LOUD: dict[str, tuple[str, Files, Place]] = {
    "Python": (
        "python",
        {"main.py": "import sys\nwhile True:\n    print('x', file=sys.stderr)\n"},
        ("main.py", 3, "<module>"),
    ),
    "Java": ("java", java('while (true) System.out.println("x");'), ("Main.java", 6, "Main.main")),
    "Go": ("go", go('for { println("x") }'), ("main.go", 11, "main.main")),
    "JavaScript": (
        "javascript",
        {"main.js": "while (true)\n  console.error('x');\n"},
        ("main.js", 2, "Object.<anonymous>"),
    ),
}


@pytest.mark.parametrize("name", LOUD)
async def test_one_that_prints_without_end_is_told_of_too_and_its_output_has_nothing_of_it(
    engine: PrefixedEngine, name: str
) -> None:
    served, files, place = LOUD[name]
    execution = await asked_again(engine, served, files, output_bytes=64 << 20, cpu_ms=600)
    run = execution.run
    assert run is not None
    assert execution.status is Status.TIME_LIMIT
    assert set((run.stdout + run.stderr).split()) == {"x"}
    assert places(execution)[:1] == [place], execution


async def test_one_that_waits_at_its_wall_clock_limit_is_not_charged_for_the_question(engine: PrefixedEngine) -> None:
    execution = await out_of_time(engine, "python", handling("def handler(*_): pass"), cpu_ms=5_000, wall_ms=300)
    run = execution.run
    assert run is not None
    assert run.limits_hit == ["wall"]
    assert 300 <= run.wall_ms < 490  # the grace would make it 500


async def test_a_loop_whose_line_go_may_not_know_is_told_of_from_where_it_was_called(engine: PrefixedEngine) -> None:
    """It has two instructions, and of one of them no line: it depends on where the signal meets it."""
    files = go("spin()", spin="for {\n\t\tx++\n\t}")
    found = places(await asked_again(engine, "go", files))
    caller = [("main.go", 13, "main.main")]
    assert found in (caller, [("main.go", 7, "main.spin"), *caller])

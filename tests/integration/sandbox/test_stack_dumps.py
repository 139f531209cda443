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


LOST: dict[str, tuple[str, Files, list[Place]]] = {
    "Go, in main": ("go", go("spin()"), [("main.go", 7, "main.spin"), ("main.go", 11, "main.main")]),
    "Go, in a loop whose line it does not know": (
        "go",
        go("spin()", spin="for {\n\t\tx++\n\t}"),
        [("main.go", 13, "main.main")],
    ),
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
    granted = some_limits(**{"cpu_ms": CPU_MS, "wall_ms": 1_500, **limits})
    attempt = Attempt(FakeDelivery(a_task(language=name, files=sources, limits=granted)), "n1", 0.0)
    bench = Workbench(await engine.pool(served), MemoryArtefactStore(), RecordingAnnouncer())
    return await bench.execute(attempt, program_of(served, "1", sources))


def places(execution: Execution) -> list[Place]:
    return [(one.file, one.line, one.message.rpartition(", in ")[2]) for one in execution.diagnostics]


@pytest.mark.parametrize("name", LOST)
async def test_at_its_time_limit_a_program_is_told_of_where_it_was(engine: PrefixedEngine, name: str) -> None:
    served, files, expected = LOST[name]
    execution = await out_of_time(engine, served, files)
    assert execution.status is Status.TIME_LIMIT
    assert places(execution) == expected, execution
    assert [one.severity for one in execution.diagnostics] == [Severity.ERROR] + [Severity.NOTE] * (len(expected) - 1)
    assert {(one.stage, one.code) for one in execution.diagnostics} == {("run", "time limit")}
    run = execution.run
    assert run is not None
    assert (run.exit_code, run.signal, run.stdout, run.stderr) == (None, 9, "", "")

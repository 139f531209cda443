"""What compilers and uncaught errors say, as the real tools in the real slots say it."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.program import program_of
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.execution import Execution
from schemas.status import Severity
from schemas.task import SourceFile
from tests.builders import a_case, a_task, some_limits
from tests.fakes.node import FakeDelivery, RecordingAnnouncer
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine


@dataclass(frozen=True)
class Faulty:
    """A program, and the places that its language's tools tell of: stage, file, line, column, code, start of the
    message."""

    language: str
    files: dict[str, str]
    told: list[tuple[str, str, int, int, str, str]]
    options: list[str] = field(default_factory=list)


PROGRAMS = {
    "Python, through a library and a module of its own": Faulty(
        "python",
        {
            "main.py": "import parse\n\nparse.it('{')\n",
            "parse.py": "import json\ndef it(x):\n    return json.loads(x)\n",
        },
        [("run", "parse.py", 3, 0, "json.decoder.JSONDecodeError", "Expecting property name")],
    ),
    "Python, an error while another was handled": Faulty(
        "python",
        {"main.py": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e\n"},
        [("run", "main.py", 4, 0, "KeyError", "'x'")],
    ),
    "Python that is none": Faulty(
        "python", {"main.py": "x = 1\nif x\n    pass\n"}, [("run", "main.py", 2, 5, "SyntaxError", "expected ':'")]
    ),
    "JavaScript": Faulty(
        "javascript",
        {"main.js": "function f(x) {\n  return x.foo.bar;\n}\nf({});\n"},
        [("run", "main.js", 2, 16, "TypeError", "Cannot read properties of undefined")],
    ),
    "JavaScript, thrown in Node's own": Faulty(
        "javascript",
        {"main.js": "const fs = require('fs');\nfs.readFileSync('/no/such');\n"},
        [("run", "main.js", 2, 4, "Error", "ENOENT: no such file")],
    ),
    "JavaScript that is none": Faulty(
        "javascript", {"main.js": "let y = ;\n"}, [("run", "main.js", 1, 9, "SyntaxError", "Unexpected token ';'")]
    ),
    "Java": Faulty(
        "java",
        {
            "Main.java": "public class Main {\n  static int f(int[] a) { return a[3]; }\n"
            "  public static void main(String[] s) {\n    f(new int[1]);\n  }\n}\n"
        },
        [("run", "Main.java", 2, 0, "java.lang.ArrayIndexOutOfBoundsException", "Index 3 out of bounds")],
    ),
    "Java that does not compile": Faulty(
        "java",
        {"Main.java": 'public class Main {\n  int x = "a";\n  void f() { foo(); }\n}\n'},
        [
            ("compile", "Main.java", 2, 11, "", "incompatible types"),
            ("compile", "Main.java", 3, 14, "", "cannot find symbol"),
        ],
    ),
    "Go": Faulty(
        "go",
        {
            "main.go": "package main\n\nfunc f(a []int) int { return a[3] }\n\n"
            "func main() { println(f(make([]int, 1))) }\n"
        },
        [("run", "main.go", 3, 0, "panic", "runtime error: index out of range")],
    ),
    "Go that does not compile": Faulty(
        "go",
        {"main.go": "package main\n\nfunc main() {\n\tvar y string = 2\n}\n"},
        [
            ("compile", "main.go", 4, 6, "", "declared and not used: y"),
            ("compile", "main.go", 4, 17, "", "cannot use 2"),
        ],
    ),
    "C++ that does not compile": Faulty(
        "cpp",
        {"main.cpp": "#include <vector>\nint main() {\n  std::vector<int> v;\n  return foo;\n}\n"},
        [("compile", "main.cpp", 4, 10, "", "\u2018foo\u2019 was not declared")],
    ),
    "C++ that is warned of and fails an assertion": Faulty(
        "cpp",
        {"main.cpp": "#include <cassert>\nint main() {\n  int unused;\n  assert(1 == 2);\n}\n"},
        [
            ("compile", "main.cpp", 3, 7, "-Wunused-variable", "unused variable"),
            ("run", "main.cpp", 4, 0, "Assertion", "Assertion `1 == 2' failed."),
            ("run", "", 0, 0, "SIGABRT", "gave up by itself"),
        ],
        ["-Wall"],
    ),
    "Bash": Faulty("bash", {"main.sh": "echo hi\nfoo\n"}, [("run", "main.sh", 2, 0, "", "foo: command not found")]),
}


async def executed(engine: PrefixedEngine, faulty: Faulty, **changes: object) -> Execution:
    served = language(faulty.language)
    files = [SourceFile(name, content) for name, content in faulty.files.items()]
    task = a_task(language=served.name, files=files, limits=some_limits(**AT_LEISURE))
    attempt = Attempt(FakeDelivery(msgspec.structs.replace(task, **changes)), "n1", 0.0)
    bench = Workbench(await engine.pool(served), MemoryArtefactStore(), RecordingAnnouncer())
    entry = files[0].name if len(files) > 1 else ""
    return await bench.execute(attempt, program_of(served, "1", files, entry_point=entry, options=faulty.options))


@pytest.mark.parametrize("name", PROGRAMS)
async def test_an_error_is_told_with_its_place_in_the_programs_own_files(engine: PrefixedEngine, name: str) -> None:
    faulty = PROGRAMS[name]
    execution = await executed(engine, faulty)
    told = [(one.stage, one.file, one.line, one.column, one.code) for one in execution.diagnostics]
    assert told == [one[:5] for one in faulty.told], execution
    assert all(one.message.startswith(said[5]) for one, said in zip(execution.diagnostics, faulty.told, strict=True))


async def test_of_cases_the_first_error_is_told_and_a_wrong_answer_is_none(engine: PrefixedEngine) -> None:
    faulty = Faulty("python", {"main.py": "print(1 // int(input()))\n"}, [])
    execution = await executed(engine, faulty, cases=[a_case(stdin="2"), a_case(stdin="0"), a_case(stdin="x")])
    assert [(one.stage, one.line, one.code) for one in execution.diagnostics] == [("case:1", 1, "ZeroDivisionError")]
    assert execution.diagnostics[0].severity is Severity.ERROR


async def test_a_program_that_ends_well_has_none_whatever_it_prints(engine: PrefixedEngine) -> None:
    trace = "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()\n"
    execution = await executed(engine, Faulty("python", {"main.py": trace}, []))
    assert execution.run is not None
    assert "ZeroDivisionError" in execution.run.stderr
    assert execution.diagnostics == []

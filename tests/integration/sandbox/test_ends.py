"""What is said of a program's end at a signal or a limit of memory, as the real runtimes in real slots end."""

from __future__ import annotations

import docker
import pytest

from schemas.status import Status
from tests.builders import a_case
from tests.integration.sandbox.languages import language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine
from tests.integration.sandbox.test_diagnostics import Faulty, executed

SIGNALS = {
    "SIGSEGV": "int main() { volatile int *p = nullptr; return *p; }",
    "SIGABRT": "#include <cstdlib>\nint main() { abort(); }",
    "SIGFPE": "int main(int n, char **) { volatile int zero = n - 1; return 100 / zero; }",
    "SIGILL": "#include <csignal>\nint main() { raise(SIGILL); }",
    "SIGKILL": "#include <csignal>\nint main() { raise(SIGKILL); }",
}


@pytest.mark.parametrize("name", SIGNALS)
async def test_a_signal_is_told_by_name_and_usual_cause(engine: PrefixedEngine, name: str) -> None:
    execution = await executed(engine, Faulty("cpp", {"main.cpp": SIGNALS[name]}, []))
    assert execution.status is Status.FAILED
    assert [(one.stage, one.file, one.code) for one in execution.diagnostics] == [("run", "", name)]
    assert f"({name})" in execution.error


MEMORY = {
    "Python, whose last line is known": (
        Faulty("python", {"main.py": "def f():\n    return bytearray(1 << 50)\nf()\n"}, []),
        [("main.py", 2, "MemoryError")],
        "MemoryError",
    ),
    "Java, whose last line is known": (
        Faulty(
            "java",
            {
                "Main.java": "public class Main {\n  public static void main(String[] s) {\n"
                "    long[] a = new long[1 << 29];\n    System.out.println(a.length);\n  }\n}\n"
            },
            [],
        ),
        [("Main.java", 3, "java.lang.OutOfMemoryError")],
        "Java heap space",
    ),
    "Go, which says how much it wanted": (
        Faulty(
            "go",
            {
                "main.go": "package main\n\nfunc main() {\n\tn := 1 << 47\n\tb := make([]byte, n)\n"
                "\tprintln(len(b), b[n-1])\n}\n"
            },
            [],
        ),
        [("main.go", 5, "fatal error")],
        "cannot allocate",
    ),
    "JavaScript, whose heap is full": (
        Faulty("javascript", {"main.js": "const a = [];\nfor (;;) a.push({ x: [a.length] });\n"}, []),
        [],
        "",
    ),
    "C++, which throws": (
        Faulty(
            "cpp", {"main.cpp": "#include <vector>\nint main() { std::vector<char> v(1ul << 50); return v[9]; }"}, []
        ),
        [],
        "std::bad_alloc",
    ),
    "Python, killed by the kernel": (
        Faulty("python", {"main.py": "a = []\nwhile True:\n    a.append(bytearray(1 << 20))\n"}, []),
        [],
        "",
    ),
}


@pytest.mark.parametrize("name", MEMORY)
async def test_a_limit_of_memory_is_told_with_the_peak_and_what_the_runtime_says(
    engine: PrefixedEngine, name: str
) -> None:
    faulty, placed, said = MEMORY[name]
    execution = await executed(engine, faulty)
    assert execution.status is Status.MEMORY_LIMIT, execution
    *others, end = execution.diagnostics
    assert [(one.file, one.line, one.code) for one in others] == placed
    assert (end.file, end.line, end.code) == ("", 0, "memory limit")
    assert end.message.startswith("its peak was ")
    assert said in end.message


async def test_of_cases_the_first_that_ended_so_is_told(engine: PrefixedEngine) -> None:
    program = "import os\nn = int(input())\nif n:\n    os.kill(os.getpid(), n)\nprint(n)\n"
    cases = [a_case(stdin="0"), a_case(stdin="6"), a_case(stdin="11")]
    execution = await executed(engine, Faulty("python", {"main.py": program}, []), cases=cases)
    assert [(one.stage, one.code) for one in execution.diagnostics] == [("case:1", "SIGABRT")]


READS_ON = {
    "Python": (
        Faulty("python", {"main.py": "print(input())\nprint(input())\n"}, []),
        ("main.py", 2, "EOFError"),
    ),
    "Java": (
        Faulty(
            "java",
            {
                "Main.java": "import java.util.Scanner;\npublic class Main {\n  public static void main(String[] s) {\n"
                "    Scanner in = new Scanner(System.in);\n    System.out.println(in.nextLine());\n"
                "    System.out.println(in.nextLine());\n  }\n}\n"
            },
            [],
        ),
        ("Main.java", 6, "java.util.NoSuchElementException"),
    ),
    "PyPy": (
        Faulty("pypy", {"main.py": "print(input())\nprint(input())\n"}, []),
        ("main.py", 2, "EOFError"),
    ),
    "Fortran": (
        Faulty(
            "fortran",
            {"main.f90": "program main\n  character(9) :: s\n  read *, s\n  print *, s\n  read *, s\nend program\n"},
            [],
        ),
        ("main.f90", 5, "Fortran runtime error"),
    ),
    "Ada, which tells no line": (
        Faulty(
            "ada",
            {
                "main.adb": "with Ada.Text_IO; use Ada.Text_IO;\nprocedure Main is\nbegin\n"
                "   Put_Line (Get_Line);\n   Put_Line (Get_Line);\nend Main;\n"
            },
            [],
        ),
        None,
    ),
    "Haskell, which tells no line": (
        Faulty("haskell", {"main.hs": "main :: IO ()\nmain = getLine >>= putStrLn >> getLine >>= putStrLn\n"}, []),
        None,
    ),
}
"""Of the languages of the catalogue, those are tried whose images are at hand."""


@pytest.mark.parametrize("name", READS_ON)
async def test_where_all_input_is_given_and_it_still_reads_that_is_told_with_the_line(
    engine: PrefixedEngine, client: docker.DockerClient, name: str
) -> None:
    program, place = READS_ON[name]
    served = language(program.language)
    if not served.default and not client.images.list(served.image):
        pytest.skip(f"the image of {served.name} is not built")
    execution = await executed(engine, program, stdin="one\n")
    error = [place] if place is not None else []
    file, line, _ = place or ("", 0, "")
    told = [(one.file, one.line, one.code) for one in execution.diagnostics]
    assert told == [*error, (file, line, "end of input")], execution
    assert execution.diagnostics[-1].message.endswith("which is 4 bytes")

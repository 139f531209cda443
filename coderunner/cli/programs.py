"""Hello programs, one per language, for the load test and the doctor."""

from __future__ import annotations

_HELLO = {
    "python": 'print("hello", "@")',
    "javascript": 'console.log("hello", "@")',
    "java": 'public class Main { public static void main(String[] a) { System.out.println("hello @"); } }',
    "cpp": '#include <iostream>\nint main() { std::cout << "hello @\\n"; }',
    "go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello @") }',
    "bash": 'echo "hello @"',
    "lua": 'print("hello @")',
}
LANGUAGES = tuple(_HELLO)


def hello(language: str, tag: str) -> str | None:
    """A program that prints ``hello`` and ``tag``, so that no two sources are alike and no cache can answer; None for a
    language that is not known here."""
    program = _HELLO.get(language)
    return None if program is None else program.replace("@", tag) + "\n"

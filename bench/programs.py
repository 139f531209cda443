"""The programs of the latency table: a new source every time, and the commands of the bare toolchain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the table. ``source`` has one ``%d``: no two runs are alike, so no cache can answer."""

    name: str
    language: str
    file: str
    source: str
    bare: tuple[tuple[str, ...], ...]
    """Commands, one after another, as a person would type them."""
    runs: int

    def text(self, seed: int) -> str:
        return self.source.replace("%d", str(seed))


PROGRAMS = (
    Program("Python hello", "python", "main.py", "print('hello', %d)\n", (("python3", "main.py"),), 200),
    Program("JavaScript hello", "javascript", "main.js", "console.log('hello', %d);\n", (("node", "main.js"),), 60),
    Program(
        "Java hello",
        "java",
        "Main.java",
        'public class Main {\n    public static void main(String[] args) { System.out.println("hello " + %d); }\n}\n',
        (("javac", "Main.java"), ("java", "Main")),
        30,
    ),
    Program(
        "C++ <bits/stdc++.h> -O2",
        "cpp",
        "main.cpp",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main() {\n    vector<int> v{3, 1, 2};\n"
        '    sort(v.begin(), v.end());\n    cout << "hello " << %d + v[0] << endl;\n}\n',
        (("g++", "-O2", "-std=gnu++20", "-o", "program", "main.cpp"), ("./program",)),
        20,
    ),
    Program(
        "Go hello",
        "go",
        "main.go",
        'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello", %d) }\n',
        (("go", "build", "-o", "program", "main.go"), ("./program",)),
        30,
    ),
)

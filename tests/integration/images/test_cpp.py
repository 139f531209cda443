"""Precompiled headers are used where they are right, and nowhere else; nobody can tell but by the time it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from bench.corpus.programs import programs
from node.domain.preamble import Preamble
from tests.integration.images.image_slot import SANDBOX, Slot

SlotOf = Callable[[str], Slot]
COMPILE = "/opt/coderunner/cpp/compile"
USUAL = ("-O2", "-std=gnu++20")
COMMON = (SANDBOX / "images" / "cpp" / "common").read_text().splitlines()
BODY = """
struct Shape { virtual ~Shape() = default; virtual double area() const = 0; };
struct Square : Shape {
    double side;
    explicit Square(double s) : side(s) {}
    double area() const override { return side * side; }
};
template <class T> T twice(T value) { return value + value; }
int main() {
    std::vector<std::string> words{"b", "a", "c"};
    std::sort(words.begin(), words.end(), [](const auto& one, const auto& other) { return one > other; });
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int side = 1; side < 4; ++side) shapes.push_back(std::make_unique<Square>(side));
    double area = 0;
    for (const auto& shape : shapes) area += shape->area();
    std::map<std::string, int> counts;
    for (const auto& word : words) counts[twice(word)] += int(word.size());
    for (const auto& [word, count] : counts) std::cout << word << '=' << count << ' ';
    try { throw std::runtime_error("thrown"); } catch (const std::exception& error) { std::cout << error.what(); }
    std::cout << ' ' << area << ' ' << __FILE__ << ':' << __LINE__ << ' ' << __COUNTER__ << __COUNTER__ << std::endl;
    return words.size() == 3 ? 0 : 1;
}
"""


def including(*headers: str) -> str:
    return "".join(f"#include <{header}>\n" for header in headers)


ORDINARY = including("algorithm", "iostream", "map", "memory", "string", "vector")
PROGRAMS = {
    "ordinary headers": ORDINARY + BODY,
    "plain data": ORDINARY
    + "int main() { std::vector<int> v{3, 1}; std::sort(v.begin(), v.end()); std::cout << v[0]; }\n",
    "everything": "#include <bits/stdc++.h>\n" + BODY,
    "format": including("format", "iostream") + "int main() { std::cout << std::format(\"{:>5}|{}\\n\", 42, 'x'); }\n",
    "streams": including("sstream", "fstream", "iomanip", "iostream", "locale")
    + "int main() { std::ostringstream out; out << std::setw(5) << 3.5;"
    ' std::cout << out.str() << std::ifstream("none").good(); }\n',
    "threads": including("condition_variable", "future", "iostream", "memory", "regex", "thread")
    + 'int main() { std::cout << std::async([] { return 3; }).get() << std::regex_match("aab", std::regex("a+b")); }\n',
}
"""Templates with virtual functions, streams, futures, formatting: what GCC instantiates last of all."""
FAULTS = {
    "a name": ORDINARY + "int main() { return x; }\n",
    "a type": ORDINARY + 'int main() { int x = "text"; std::vector<int> v; v.push(3); }\n',
    "an operator of a template": ORDINARY + "struct S {};\nint main() { std::cout << S{}; }\n",
    "deep in a header": ORDINARY + "struct S {};\nint main() { std::map<S, int> m; m[S{}] = 1; }\n",
    "a missing include": ORDINARY + "int main() { std::unordered_map<int, int> m; std::deque<int> d; }\n",
    "a header that is not there": ORDINARY + "#include <nowhere>\nint main() {}\n",
    "a warning": ORDINARY + "int main() { int unused; if (int x = 3) return x; }\n",
    "a warning from inlining": ORDINARY + "int main() { char b[2]; std::fill(b, b + 9, 'x'); return b[1]; }\n",
    "what is not defined": ORDINARY + "int f();\nint main() { return f(); }\n",
    "no end": ORDINARY + "int main() { return 0;\n",
    "a static assertion": ORDINARY + "static_assert(sizeof(int) == 5);\nint main() {}\n",
}


def preamble(source: str, options: tuple[str, ...]) -> Preamble:
    return Preamble(options, tuple(sorted(re.findall(r"#include <(\S+)>", source.partition("int main")[0]))))


class Compiled:
    """A container with what was precompiled for one source, by the image's own maker, beside what the image has."""

    def __init__(self, slot: Slot, source: str, options: tuple[str, ...] = USUAL) -> None:
        self.slot = slot
        self.files = {"main.cpp": source}
        self.options = options
        made = preamble(source.replace("#include <nowhere>\n", ""), options)
        self.key = made.key
        code, output = slot.container.exec_run(
            ["/opt/coderunner/cpp/precompile", "/precompiled", str(1 << 33), *made.arguments], user="0:0"
        )
        assert code == 0, output

    def do(self, *commands: list[str]) -> list[Any]:
        return self.slot.do(*({"run": command} for command in commands), files=self.files)


@pytest.fixture
def compiled(slot: SlotOf) -> Callable[..., Compiled]:
    return lambda source, options=USUAL: Compiled(slot("cpp"), source, options)


CORPUS = {program.name: program.source for program in programs("cpp")[::4]}
VARIANTS = [
    ("-O0", "-std=gnu++20"),
    ("-O2",),
    ("-O2", "-std=c++20"),
    ("-O3", "-std=gnu++23", "-march=x86-64-v3"),
    ("-O1", "-std=gnu++17", "-fsanitize=address"),
    ("-O2", "-std=gnu++20", "-fno-exceptions", "-fno-rtti", "-pthread"),
]


def code(assembly: str, in_order: bool) -> list[str]:
    """Without the numbers of labels and of the compiler's own constants, which the order of the headers decides; and
    where templates were instantiated earlier, without the order of the functions."""
    lines = re.sub(r"(\.L[A-Z]*|\b[A-Z]+\.)\d+", r"\1", assembly).splitlines()
    return lines if in_order else sorted(line for line in lines if not line.startswith(("\t.text", "\t.section")))


@pytest.mark.parametrize("name", [*PROGRAMS, *(pytest.param(name, marks=pytest.mark.thorough) for name in CORPUS)])
def test_the_code_is_the_plain_compilers(compiled: Callable[..., Compiled], name: str) -> None:
    made = compiled({**PROGRAMS, **CORPUS}[name])
    assert same_code(made)


@pytest.mark.thorough
@pytest.mark.parametrize("options", VARIANTS, ids=" ".join)
def test_the_code_is_the_plain_compilers_with_other_options(
    compiled: Callable[..., Compiled], options: tuple[str, ...]
) -> None:
    assert same_code(
        compiled(PROGRAMS["plain data"] if "-fno-rtti" in options else PROGRAMS["ordinary headers"], options)
    )


@pytest.mark.parametrize(
    "neutral", [["-Wall", "-Wextra", "-DONLINE_JUDGE"], ["-DNDEBUG"], ["-D_GLIBCXX_DEBUG"]], ids=str
)
def test_macros_are_the_compilers_business(compiled: Callable[..., Compiled], neutral: list[str]) -> None:
    """It leaves what was precompiled without them alone where they would change a header."""
    made = compiled("#include <cassert>\n" + PROGRAMS["plain data"].replace("std::cout", "assert(v[0]); std::cout"))
    assert same_code(made, *neutral)


def same_code(made: Compiled, *neutral: str) -> bool:
    options = [*made.options, *neutral, "-S", "-o", "-", "main.cpp"]
    ours, plain = made.do([COMPILE, f"--precompiled={made.key}", *options], ["g++", "-pipe", *options])
    assert ours[0] == plain[0] == 0, ours
    assert ours[2] == plain[2]
    source = made.files["main.cpp"]
    in_order = not (
        "<format>" in source or "bits/stdc++.h" in source or "-std=gnu++23" in made.options
    )  # <print> in it
    return code(ours[1], in_order) == code(plain[1], in_order)


@pytest.mark.parametrize(
    "warnings", [["-Wall", "-Wextra", "-pedantic"], pytest.param([], marks=pytest.mark.thorough)], ids=str
)
@pytest.mark.parametrize("name", FAULTS)
def test_what_the_compiler_says_is_what_the_plain_one_says(
    compiled: Callable[..., Compiled], name: str, warnings: list[str]
) -> None:
    made = compiled(FAULTS[name])
    options = [*made.options, *warnings, "-o", "program", "main.cpp"]
    ours, plain = made.do(
        [COMPILE, f"--precompiled={made.key}", *options],
        ["g++", "-pipe", "-fuse-ld=mold", "-Wl,--no-fork", *options],
    )
    assert without_temporary_names(ours) == without_temporary_names(plain)
    assert "/precompiled" not in str(ours)


def without_temporary_names(result: list[Any]) -> list[str]:
    return [re.sub(r"/tmp/\w+\.o", "/tmp/x.o", str(part)) for part in result]


RECORDER = '#!/bin/sh\necho "$@" >>calls\nexec /usr/bin/g++ "$@"\n'


@pytest.mark.parametrize(
    ("source", "takes"),
    [
        (PROGRAMS["ordinary headers"], [True]),
        (FAULTS["a name"], [True]),
        (FAULTS["a warning"], [True]),
        (FAULTS["an operator of a template"], [True, False]),
        (FAULTS["a missing include"], [True, False]),
    ],
)
def test_the_plain_compiler_is_asked_only_where_its_words_would_differ(
    compiled: Callable[..., Compiled], source: str, takes: list[bool]
) -> None:
    made = compiled(source)
    made.files["bin/g++"] = RECORDER
    command = [COMPILE, f"--precompiled={made.key}", *made.options, "-Wall", "-o", "program", "main.cpp"]
    steps: list[dict[str, Any]] = [
        {"run": ["chmod", "+x", "bin/g++"]},
        {"run": command, "env": {"PATH": "/workspace/task/bin:/usr/bin:/bin"}},
        {"run": ["cat", "calls"]},
    ]
    calls = made.slot.do(*steps, files=made.files)
    assert [f"-I/precompiled/{made.key} " in call for call in calls[-1][1].splitlines()] == takes


@pytest.mark.parametrize(
    "line", [*COMMON[:5], *(pytest.param(line, marks=pytest.mark.thorough) for line in COMMON[5:])]
)
def test_the_commonest_beginnings_come_with_the_image_under_the_names_that_the_node_gives_them(
    slot: SlotOf, line: str
) -> None:
    words = line.split()
    made = Preamble(
        tuple(word for word in words if word[0] == "-"), tuple(sorted(word for word in words if word[0] != "-"))
    )
    assert line.split() == list(made.arguments)
    files = {"main.cpp": "".join(f"#include <{header}>\n" for header in made.headers) + "int main() {}\n"}
    folder = f"/opt/coderunner/cpp/precompiled/{made.key}"
    code, _, said = slot("cpp").run("g++", f"-I{folder}", "-H", *made.options, "main.cpp", files=files)
    assert code == 0
    assert said.startswith(f"! {folder}/"), said[:500]


def test_only_what_is_included_can_be_used(compiled: Callable[..., Compiled]) -> None:
    """A precompiled <iostream> must not bring <map> with it."""
    made = compiled("#include <iostream>\nint main() { std::map<int, int> m; }\n")
    (said,) = made.do([COMPILE, f"--precompiled={made.key}", *made.options, "main.cpp"])
    assert said[0] == 1
    assert re.search("main.cpp:2:19: error: .map. is not a member of .std.", str(said[2]))


@pytest.mark.parametrize("source", ["", "int x", "\x00\xff", "gpch" * 1000])
def test_a_precompiled_header_that_is_none_is_left_alone(slot: SlotOf, source: str) -> None:
    """Cut off in the middle, or garbage: the program is compiled as it would be without."""
    made = slot("cpp")
    broken = f"mkdir -p /precompiled/broken && printf %s {source!r} >/precompiled/broken/iostream.gch"
    assert made.container.exec_run(["bash", "-c", broken], user="0:0")[0] == 0
    files = {"main.cpp": "#include <iostream>\nint main() { std::cout << 7; }\n"}
    command = [COMPILE, "--precompiled=broken", *USUAL, "-o", "program", "main.cpp"]
    built, ran = made.do({"run": command}, {"run": ["./program"]}, files=files)
    assert (built, ran) == ([0, "", ""], [0, "7", ""])


def test_several_files_and_a_sanitizer_link(slot: SlotOf) -> None:
    files = {
        "main.cpp": "int f();\nint main() { return f(); }\n",
        "f.cpp": "int f() { int x = 2147483647; return ++x < 0 ? 3 : 4; }\n",
    }
    command = [COMPILE, "-O0", "-fsanitize=undefined", "-fsanitize=address", "-o", "program", *files]
    built, ran = slot("cpp").do({"run": command}, {"run": ["./program"]}, files=files)
    assert built == [0, "", ""]
    assert ran[0] == 3
    assert "signed integer overflow" in ran[2]

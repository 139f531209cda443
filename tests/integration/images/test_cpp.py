"""Precompiled headers are used where they are right, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.integration.images.image_slot import Slot

SlotOf = Callable[[str], Slot]
COMPILE = "/opt/coderunner/cpp/compile"
EVERYTHING = "#include <bits/stdc++.h>\nint main() { std::vector v{1, 2}; std::cout << v.size() << std::endl; }\n"
STREAMS = "#include <iostream>\n#include <vector>\nint main() { std::cout << std::vector{1, 2}.size() << '\\n'; }\n"
FORMAT = '#include <format>\n#include <iostream>\nint main() { std::cout << std::format("{:>5}|{}\\n", 42, "x"); }\n'
VFORMAT = (
    '#include <bits/stdc++.h>\nint main() { int x = 7; auto w = std::vformat(L"{}", std::make_wformat_args(x));\n'
    'std::cout << std::vformat("{}", std::make_format_args(x)) << w.size() << std::vformat(std::locale(), "{}\\n", '
    "std::make_format_args(x)); }\n"
)


def precompiled(slot: Slot, source: str, *options: str) -> bool:
    """Whether the compiler took a precompiled header; `-H` lists headers, and marks such a one with `!`."""
    code, _, said = slot.run(COMPILE, "-H", *options, "-o", "program", "main.cpp", files={"main.cpp": source})
    assert code == 0, said
    return said.startswith("! /opt/coderunner/cpp/pch/")


@pytest.mark.parametrize("source", [EVERYTHING, STREAMS], ids=["bits/stdc++.h", "iostream"])
@pytest.mark.parametrize(
    "options",
    [["-O2", "-std=gnu++20"], ["-O2", "-std=gnu++17"], ["-O2"], ["-O2", "-std=gnu++20", "-Wall", "-DONLINE_JUDGE=1"]],
    ids=" ".join,
)
def test_usual_flags_take_the_precompiled_header(slot: SlotOf, source: str, options: list[str]) -> None:
    assert precompiled(slot("cpp"), source, *options)


@pytest.mark.parametrize(
    "options",
    [
        ["-O0", "-std=gnu++20"],
        ["-O3", "-std=gnu++20"],
        ["-O2", "-std=c++20"],
        ["-O2", "-std=gnu++23"],
        ["-O2", "-std=gnu++20", "-g"],
        ["-O2", "-std=gnu++20", "-fno-exceptions"],
        ["-O2", "-std=gnu++20", "-march=x86-64-v3"],
        ["-O2", "-std=gnu++20", "-fsanitize=undefined"],
        ["-O2", "-std=gnu++20", "-D_GLIBCXX_DEBUG"],
        ["-O2", "-O0", "-std=gnu++20"],
        [],
    ],
    ids=" ".join,
)
def test_other_flags_compile_the_header_itself(slot: SlotOf, options: list[str]) -> None:
    assert not precompiled(slot("cpp"), STREAMS, *options)


def test_a_macro_before_the_header_compiles_the_header_itself(slot: SlotOf) -> None:
    assert not precompiled(slot("cpp"), "#define _GLIBCXX_DEBUG\n" + STREAMS, "-O2", "-std=gnu++20")


def test_only_what_is_included_can_be_used(slot: SlotOf) -> None:
    """A precompiled <iostream> must not bring <map> with it."""
    source = "#include <iostream>\nint main() { std::map<int, int> m; }\n"
    code, _, said = slot("cpp").run(COMPILE, "-O2", "-std=gnu++20", "-o", "p", "main.cpp", files={"main.cpp": source})
    assert code == 1
    assert re.search("main.cpp:2:19: error: .map. is not a member of .std.", said)


@pytest.mark.parametrize(
    ("source", "output"), [(EVERYTHING, "2\n"), (STREAMS, "2\n"), (FORMAT, "   42|x\n"), (VFORMAT, "717\n")]
)
def test_programs_run(slot: SlotOf, source: str, output: str) -> None:
    command = [COMPILE, "-O2", "-std=gnu++20", "-o", "program", "main.cpp"]
    built, ran = slot("cpp").do({"run": command}, {"run": ["./program"]}, files={"main.cpp": source})
    assert (built, ran) == ([0, "", ""], [0, output, ""])


def test_errors_read_as_the_compilers(slot: SlotOf) -> None:
    files = {"main.cpp": "#include <bits/stdc++.h>\nint main() { return x; }\n"}
    steps = [{"run": [program, "-O2", "-std=gnu++20", "-o", "program", "main.cpp"]} for program in (COMPILE, "g++")]
    ours, plain = slot("cpp").do(*steps, files=files)
    assert ours == plain
    assert ours[0] == 1


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

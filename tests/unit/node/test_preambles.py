"""What a program begins with, as far as it can be precompiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.domain.language import Language
from node.domain.preamble import Preamble, preamble_of
from node.domain.program import compile_launch, compile_preamble, program_of
from node.domain.sandbox import Role
from node.infrastructure.languages import load_language
from sandbox import LANGUAGES_DIR
from schemas.task import SourceFile
from tests.builders import a_task, an_outcome
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import COMPILED, RunnerOnFakes

CPP = load_language(Path(LANGUAGES_DIR) / "cpp.toml")
USUAL = ("-O2", "-std=gnu++20")
TWO = "#include <vector>\n#include <iostream>\n"


def preamble(source: str, options: tuple[str, ...] = USUAL, language: Language = CPP) -> Preamble | None:
    assert language.compile is not None
    assert language.compile.preamble is not None
    return preamble_of(language.compile.preamble, source, options)


def headers(source: str) -> tuple[str, ...]:
    found = preamble(source)
    return found.headers if found else ()


@pytest.mark.parametrize(
    "source",
    [
        TWO,
        "#include <iostream>\n#include <vector>\n#include <iostream>\n",
        "// what it does\n\n/* by **\n * whom */\n#include <vector>   // for the rest\n\t#  include<iostream>\r\n",
        TWO + "#define N 3\n#include <map>\n",
        TWO + '#include "own.h"\n#include <map>\n',
        TWO + "#include <sys/socket.h>\n#include <map>\n",
        TWO + "#pragma GCC optimize(3)\n#include <map>\n",
        TWO + "#if 1\n#include <map>\n#endif\n",
        TWO + "// a comment \\\n#include <map>\n",
        TWO + "/* a comment *\\\n/ #include <map> */\n",
        TWO + "#include <map> int x;\n",
        TWO + "#include <map> /* and */ int x;\n",
        TWO + "%:include <map>\n",
        TWO + "int f();\n#include <map>\n",
        TWO + "#include <map>",
        "\ufeff" + TWO,
    ],
)
def test_it_ends_before_whatever_is_no_include_of_the_standard_library(source: str) -> None:
    assert headers(source) == ("iostream", "vector")


@pytest.mark.parametrize(
    "source",
    [
        "",
        "int main() {}\n" + TWO,
        "#define _GLIBCXX_DEBUG\n" + TWO,
        "#pragma once\n" + TWO,
        "#include <../../etc/passwd>\n" + TWO,
        "#include <-fplugin=x>\n" + TWO,
        "#include <vector\nint main() {}\n",
        "/* never closed\n" + TWO,
        "/*" * 8_000 + TWO,
        " " * (1 << 20) + TWO,
    ],
)
def test_a_program_that_begins_with_something_else_has_none(source: str) -> None:
    assert preamble(source) is None


def test_the_order_of_headers_is_nobodys_business_and_the_options_are() -> None:
    one, other = preamble(TWO), preamble("#include <iostream>\n#include <vector>\n")
    assert one is not None
    assert other is not None
    assert one.key == other.key
    changed = preamble(TWO, ("-O0", "-std=gnu++20"))
    assert changed is not None
    assert changed.key != one.key


def test_options_that_shape_no_header_are_not_in_it_and_unknown_ones_prevent_it() -> None:
    found = preamble(TWO, ("-Wall", "-O2", "-DNAME=two words", "-std=gnu++20", "-fmax-errors=3", "-static"))
    assert found is not None
    assert found.options == USUAL
    assert preamble(TWO, (*USUAL, "-std=c++11")) is None
    assert preamble(TWO, (*USUAL, "-save-temps")) is None


def test_it_is_offered_for_one_source_and_not_for_several() -> None:
    assert CPP.compile is not None
    one = program_of(CPP, "14", [SourceFile("a.cpp", TWO), SourceFile("b.h", TWO)])
    found = compile_preamble(one, CPP.compile)
    assert found is not None
    command = compile_launch(one, CPP.compile, found).command
    assert command[:3] == ("/opt/coderunner/cpp/compile", f"--precompiled={found.key}", "-O2")
    two = program_of(CPP, "14", [SourceFile("a.cpp", TWO), SourceFile("b.cpp", TWO)], entry_point="a.cpp")
    assert compile_preamble(two, CPP.compile) is None
    assert compile_launch(two, CPP.compile).command[:2] == ("/opt/coderunner/cpp/compile", "-O2")


async def test_what_was_compiled_is_told_and_what_was_kept_is_not() -> None:
    pool = ScriptedPool(COMPILED, an_outcome(), languages=[CPP])
    fakes = RunnerOnFakes(pool)
    for number in (1, 2):
        await fakes.handle(
            FakeDelivery(a_task(f"t{number}", language="cpp", files=[SourceFile("", TWO)], client="blog"))
        )
    assert [role for role, _ in pool.launches] == [Role.COMPILE, Role.RUN, Role.RUN]
    assert pool.precompiled == [("cpp", Preamble(USUAL, ("iostream", "vector")), "blog")]

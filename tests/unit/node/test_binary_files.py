"""Files that are no text: they reach the program byte for byte, and no rule overlooks them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.domain.answers import varies
from node.domain.language import CodeRule
from node.domain.program import (
    artefact_key,
    compile_launch,
    compile_preamble,
    program_of,
    run_launch,
    runnable_as_submitted,
    runnable_of_artefacts,
)
from node.domain.rules import check
from node.domain.sources import usual_name
from node.domain.text import lenient, raw
from schemas.content import Content
from schemas.task import SourceFile
from tests.builders import CPP, LIMITS, PYTHON

PNG = b"\x89PNG\r\n\x1a\n\0\xff"
ALL = bytes(range(256))


@pytest.mark.parametrize("content", [PNG, ALL, b"\xff", "é", ""])
def test_a_text_that_was_made_of_bytes_is_these_bytes_again(content: Content) -> None:
    assert raw(lenient(content)) == (content if isinstance(content, bytes) else content.encode())


def test_a_picture_and_an_input_reach_the_program_as_they_are() -> None:
    program = program_of(PYTHON, "3", [SourceFile.of("main.py", "1"), SourceFile.of("a.png", PNG)])
    launch = run_launch(runnable_as_submitted(program), stdin=ALL, args=(), limits=LIMITS)
    assert launch.files == {"main.py": b"1", "a.png": PNG}
    assert launch.stdin == ALL


def test_a_source_in_another_encoding_is_compiled_as_it_is() -> None:
    source = b'#include <iostream>\nint main() { std::cout << "\xe9"; }\n'
    program = program_of(CPP, "14", [SourceFile.of("", source), SourceFile.of("a.dat", ALL)])
    assert CPP.compile is not None
    launch = compile_launch(program, CPP.compile)
    assert dict(launch.files) == {"main.cpp": source, "a.dat": ALL}
    assert runnable_of_artefacts(program, CPP.compile, {"main": b"x"}).files == {"a.dat": ALL, "main": b"x"}
    compile_preamble(program, CPP.compile)  # RE2 takes no lone surrogate
    other = program_of(CPP, "14", [SourceFile.of("", b"\xff"), SourceFile.of("a.dat", ALL)])
    assert artefact_key(program, launch, "c", "") != artefact_key(other, compile_launch(other, CPP.compile), "c", "")


def test_line_ends_of_a_picture_stay_and_those_of_a_source_go() -> None:
    language = replace(PYTHON, normalise=("bom", "crlf"))
    program = program_of(language, "3", [SourceFile.of("main.py", b"#\xff\r\n1\r\n"), SourceFile.of("a.png", PNG)])
    assert runnable_as_submitted(program).files == {"main.py": b"#\xff\n1\n", "a.png": PNG}


def test_a_source_that_is_no_text_hides_nothing_from_the_rules() -> None:
    rule = CodeRule(id="forks", pattern=r"os\.fork", message="forks")
    program = program_of(PYTHON, "3", [SourceFile.of("", b"# \xff\nos.fork()\n")])
    (finding,) = check([rule], program.files)
    assert finding.line == 2
    assert varies(replace(PYTHON, varies=(rule,)), program.files)


@pytest.mark.parametrize("between", ["=", "\xff", "\x80\x80", "\xe9"])
def test_a_byte_that_is_no_text_stands_for_a_character_in_every_rule(between: str) -> None:
    rules = [
        CodeRule(id=str(number), pattern=pattern, message="found")
        for number, pattern in enumerate((r"^import\b.*\btime\b", r"os[^;]+fork", r"\bfork\W*$"))
    ]
    source = f"# coding: latin-1\nimport os, {between}, time\nos {between} fork {between}\n".encode("latin-1")
    program = program_of(PYTHON, "3", [SourceFile.of("", source)])
    assert [(one.rule, one.line) for one in check(rules, program.files)] == [("0", 2), ("1", 3), ("2", 3)]


def test_a_name_is_read_from_what_is_no_text_too() -> None:
    java = replace(PYTHON, name="java", source_name="Main.java", source_name_pattern=r"^public class (\S+)")
    assert usual_name(java, lenient(b"// \xff\npublic class Hello {}")) == "Hello.java"
    assert usual_name(java, lenient(b"public class H\xff {}")) == "Main.java"

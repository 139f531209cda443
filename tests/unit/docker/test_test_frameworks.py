"""The sections of a language file that say how its files are run as tests, and the language that comes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.domain.language import Language
from node.domain.program import compile_launch, program_of, run_launch, runnable_as_submitted
from node.domain.sizes import REPORT_BYTES
from node.infrastructure.languages import LanguageFileError, load_language
from schemas.task import SourceFile
from tests.builders import some_limits
from tests.unit.docker.test_languages import COMPILED, SMALL, write

TESTS = """
[tests.checks]
command = ["./program", "--checks", "{args}"]
source_name = "checks.tiny"

[tests.checks.compile]
command = ["tinyc", "--checks", "{sources}"]
artefacts = ["checks"]
"""


def tiny(folder: Path, text: str = SMALL + COMPILED + TESTS) -> Language:
    return load_language(write(folder, text))


def test_a_framework_takes_the_place_of_command_names_and_what_it_says_of_the_compiler(tmp_path: Path) -> None:
    language = tiny(tmp_path)
    tests = language.testing("checks")
    assert tests is not None
    assert tests.compile is not None
    assert language.compile is not None
    assert (tests.id, tests.source_name) == (language.id, "checks.tiny")
    assert (tests.compile.command[1], tests.compile.artefacts) == ("--checks", ("checks",))
    assert (tests.compile.sources, tests.compile.memory_bytes) == (language.compile.sources, 2 << 20)
    program = program_of(tests, "1", [SourceFile("", "x")])
    assert compile_launch(program, tests.compile).command == ("tinyc", "--checks", "checks.tiny")
    launch = run_launch(runnable_as_submitted(program), stdin="", args=["-k"], limits=some_limits())
    assert (launch.command, launch.report_bytes, launch.warm) == (("./program", "--checks", "-k"), REPORT_BYTES, False)


def test_a_program_writes_no_report_and_other_names_are_none(tmp_path: Path) -> None:
    language = tiny(tmp_path)
    launch = run_launch(
        runnable_as_submitted(program_of(language, "1", [SourceFile("", "x")])), stdin="", args=[], limits=some_limits()
    )
    assert (launch.report_bytes, launch.warm) == (0, True)
    assert language.testing("check") is None
    assert language.testing("") is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (SMALL + "[tests.checks]\n", "command"),
        (SMALL + "[tests.checks]\ncommand = []\n", "must not be empty"),
        (SMALL + '[tests.checks]\ncommand = ["a"]\nenv = {}\n', "env"),
        (SMALL + '[tests."go test"]\ncommand = ["a"]\n', "letters, digits"),
        (SMALL + f'[tests.{"a" * 65}]\ncommand = ["a"]\n', "letters, digits"),
        (SMALL + '[tests.a]\ncommand = ["a"]\n[tests.a.compile]\ncommand = ["b"]\n', "compile stage"),
        (SMALL + COMPILED + TESTS + "memory_mib = 7\n", "memory_mib"),
        (SMALL + "".join(f'[tests.t{number}]\ncommand = ["a"]\n' for number in range(65)), "length"),
    ],
)
def test_a_mistake_is_told_with_the_files_name(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(LanguageFileError, match=f"(?s)^tiny.toml: .*({complaint})"):
        tiny(tmp_path, text)

"""The resident javac keeps the libraries open, and nothing of a program."""

from __future__ import annotations

import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import MIB, AttachedAgent, Report
from tests.integration.agent.slot_fixtures import slot_of

THING = "package other; public class Thing {}"
USER = "import other.Thing; public class Main { Thing thing; }"
MISSING = "Main.java:1: error: package other does not exist"
compiler = slot_of("java", Role.COMPILE)


def _compiled(compiler: AttachedAgent, files: dict[str, str], *options: str) -> Report:
    sources = {name: text.encode() for name, text in files.items()}
    command = ["javac", "-proc:none", "-d", ".", *options, *files]
    return compiler.run(sources, command, collect=["*.class"], memory_bytes=1_024 * MIB, processes=256)


@pytest.mark.parametrize("options", [(), ("--release", "17"), ("-Xlint:all",)], ids=" ".join)
def test_a_class_of_an_earlier_program_is_not_found(compiler: AttachedAgent, options: tuple[str, ...]) -> None:
    both = {"Main.java": USER, "other/Thing.java": THING}
    assert set(_compiled(compiler, both, *options).artefacts) == {"Main.class", "other/Thing.class"}
    alone = _compiled(compiler, {"Main.java": USER}, *options)
    assert alone.exit_code == 1
    assert MISSING in alone.stderr.decode()


def test_a_class_that_has_a_librarys_name_is_that_programs_alone(compiler: AttachedAgent) -> None:
    own = {"Main.java": "import java.util.function.Own; class Main {}"}
    assert _compiled(compiler, own).exit_code == 1
    text = {"Main.java": "package com.example; class Optional {} class Main { Optional own; }"}
    assert _compiled(compiler, text).exit_code == 0
    usual = {"Main.java": 'import java.util.Optional; class Main { Optional<String> one = Optional.of("x"); }'}
    assert _compiled(compiler, usual).exit_code == 0

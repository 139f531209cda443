"""The resident javac keeps the libraries open, and nothing of a program."""

from __future__ import annotations

import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import MIB, AttachedAgent, Report
from tests.integration.agent.plain_tool import plain
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


LOGS = "class Main { public static void main(String[] args) { java.util.logging.Logger.getLogger(%s); } }"
MODULES = {
    "a program": {"module-info.java": "module m { requires java.logging; }", "Main.java": LOGS % '"x"'},
    "in a package": {
        "module-info.java": "module m { requires java.logging; exports app; uses app.Main; }",
        "Main.java": "package app; public " + LOGS % '"x"',
    },
    "nothing else": {"module-info.java": "module m { }"},
    "a module that it does not read": {"module-info.java": "module m { }", "Main.java": LOGS % '"x"'},
    "a module that is not there": {"module-info.java": "module m { requires nowhere; }", "Main.java": LOGS % "null"},
    "a package that is not there": {"module-info.java": "module m { exports nowhere; }", "Main.java": "class Main { }"},
    "a mistake": {"module-info.java": "module m { requires java.logging; }", "Main.java": LOGS % "1"},
    "in a file of another name": {"Main.java": "module m { }"},
}


@pytest.mark.parametrize("name", MODULES)
def test_a_program_with_a_module_compiles_as_with_javac_and_the_compiler_lives_on(
    compiler: AttachedAgent, name: str
) -> None:
    """It ended with an exception in the compiler: a source of ours was asked whether it is below a source path."""
    files = MODULES[name]
    compilers = _resident(compiler)
    told = _compiled(compiler, files)
    code, classes, errors = plain(compiler, "java", files, ["sh", "-c", PLAIN % " ".join(files)])
    assert (told.exit_code, told.stderr) == (code, errors)
    assert sorted(told.artefacts) == (sorted(classes.decode().split()) if code == 0 else [])
    assert _compiled(compiler, {"Main.java": LOGS % "null"}).exit_code == 0
    assert _resident(compiler) == compilers


PLAIN = "javac -proc:none -d . %s; code=$?; find . -name '*.class' | cut -c3-; exit $code"


def _resident(compiler: AttachedAgent) -> str:
    return compiler.inside("cd /proc; grep -l '[c]oderunner.CompileServer' [0-9]*/cmdline")


def test_what_a_module_exports_is_not_kept_for_the_next_program(compiler: AttachedAgent) -> None:
    files = {"module-info.java": "module m { exports other; }", "Thing.java": THING}
    assert _compiled(compiler, files).exit_code == 0
    assert MISSING in _compiled(compiler, {"Main.java": USER}).stderr.decode()

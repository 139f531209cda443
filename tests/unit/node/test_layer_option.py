"""How a compiler and a launcher are told of the packages of a task: by a word of their commands."""

from __future__ import annotations

from dataclasses import replace

from node.domain.language import CompileStage, PackageRule
from node.domain.layers import Layer, with_layer
from node.domain.program import Program, artefact_key, compile_launch, program_of, run_launch, runnable_of_artefacts
from schemas.packages import PYPI
from schemas.task import SourceFile
from tests.builders import LIMITS, PYTHON

STAGE = CompileStage(("javac", "{layer_option}", "{sources}"), ("*.class",), ("*.java",))
JAVA = replace(
    PYTHON,
    name="java",
    compile=STAGE,
    run_command=("launch", "{layer_option}", "{entry_stem}", "{args}"),
    packages=PackageRule(PYPI, "installer", ("install",)),
)


def a_program() -> Program:
    return program_of(JAVA, "21", [SourceFile("Main.java", "class Main {}")])


def commands(program: Program) -> tuple[tuple[str, ...], tuple[str, ...]]:
    runnable = runnable_of_artefacts(program, STAGE, {"Main.class": b"x"})
    run = run_launch(runnable, stdin="", args=["--packages=/tmp"], limits=LIMITS)
    return compile_launch(program, STAGE).command, run.command


def test_compiler_and_launcher_are_told_of_the_layer() -> None:
    with_packages = with_layer(a_program(), Layer("a1b2", 1, ()))
    assert commands(with_packages) == (
        ("javac", "--packages=/packages/a1b2", "Main.java"),
        ("launch", "--packages=/packages/a1b2", "Main", "--packages=/tmp"),
    )


def test_without_packages_there_is_no_word_for_them() -> None:
    assert commands(a_program()) == (("javac", "Main.java"), ("launch", "Main", "--packages=/tmp"))


def test_artefacts_are_kept_for_the_layer_that_they_were_compiled_with() -> None:
    programs = [a_program(), *(with_layer(a_program(), Layer(name, 1, ())) for name in ("a", "b"))]
    keys = {artefact_key(one, compile_launch(one, STAGE), "client", "digest") for one in programs}
    assert len(keys) == len(programs)

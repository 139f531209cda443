"""Programs whose source is small and whose artefacts are not: each size at its edge, and one beyond."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from coderunner import Limits
from node.domain.sizes import MAX_ARTEFACT_BYTES, MAX_ARTEFACT_NAME_BYTES, MAX_ARTEFACTS
from tests.attacks.arena import Arena, Ended, assert_clean

MIB = 1 << 20


def ran(arena: Arena, language: str, files: Mapping[str, str], **limits: int) -> Ended:
    """Ended at its first attempt: no slot was lost over it."""
    ended = arena.run(language, files, limits=Limits(**{"cpu_ms": 60_000, "wall_ms": 120_000, **limits}))
    assert ended.attempt == 1
    assert not arena.unwell()
    assert_clean(arena, language)
    return ended


def java(classes: int, around: str = "") -> dict[str, str]:
    """A program of so many class files, that of ``Main`` among them; ``around``: the name of a class that holds the
    others, and so is a part of their files' names."""
    nested = "\n".join(f"class C{number} {{}}" for number in range(classes - 1))
    if around:
        nested = f"class {around} {{ {nested} }}"
    main = 'public static void main(String[] a) { System.out.print("ran"); }'
    return {"Main.java": f"public class Main {{ {main}\n{nested}\n}}"}


def cpp(size: int) -> dict[str, str]:
    main = 'int main() { std::printf("ran"); return filled[0] - 1; }'
    return {"main.cpp": f"#include <cstdio>\nchar filled[{size}] = {{1}};\n{main}"}


def test_a_program_of_as_many_files_as_cross_to_a_run_slot_runs(arena: Arena) -> None:
    assert ran(arena, "java", java(MAX_ARTEFACTS)).stdout == "ran"


@pytest.mark.parametrize("classes", [MAX_ARTEFACTS + 1, 8_000])
def test_a_program_of_more_files_is_a_compile_error(arena: Arena, classes: int) -> None:
    ended = ran(arena, "java", java(classes))
    assert (ended.status, ended.error) == ("COMPILE_ERROR", f"the compiler left more than {MAX_ARTEFACTS} files to run")


def test_names_that_no_header_holds_are_a_compile_error(arena: Arena) -> None:
    ended = ran(arena, "java", java(1_900, "C" * 200))
    assert ended.status == "COMPILE_ERROR"
    assert ended.error == f"the compiler left files to run whose names have more than {MAX_ARTEFACT_NAME_BYTES} bytes"


def test_a_program_as_large_as_crosses_to_a_run_slot_runs(arena: Arena) -> None:
    ended = ran(arena, "cpp", cpp(MAX_ARTEFACT_BYTES - MIB), disk_bytes=128 * MIB)
    assert (ended.status, ended.stdout) == ("SUCCEEDED", "ran")


def test_a_larger_program_is_a_compile_error(arena: Arena) -> None:
    ended = ran(arena, "cpp", cpp(MAX_ARTEFACT_BYTES), disk_bytes=128 * MIB)
    assert (ended.status, ended.error) == (
        "COMPILE_ERROR",
        f"the compiler left more than {MAX_ARTEFACT_BYTES} bytes to run",
    )


def test_a_program_larger_than_its_own_disk_is_a_compile_error(arena: Arena) -> None:
    ended = ran(arena, "cpp", cpp(9 * MIB), disk_bytes=8 * MIB)
    assert ended.status == "COMPILE_ERROR"
    assert ended.error.startswith("the compiled program needs ")
    assert ended.error.endswith(f" bytes of files, more than its disk of {8 * MIB}")

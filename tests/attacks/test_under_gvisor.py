"""The attacks again, in slots of the other kernel. Those by words are left out, which never get as far, and what takes
long and tells nothing new; ``CODERUNNER_ATTACKED_RUNTIME=runsc`` has all of them run there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import docker
import pytest

from tests.attacks import (
    test_compilers,
    test_files,
    test_languages,
    test_memory,
    test_output,
    test_processes,
    test_reach,
)
from tests.attacks.arena import ALL, Arena, Attack, assert_clean, assert_harmless
from tests.attacks.stack_arena import StackArena
from tests.servers.oci_runtimes import GVISOR, why_not

MODULES = (
    test_compilers,
    test_files,
    test_languages,
    test_memory,
    test_output,
    test_processes,
    test_reach,
)
LEFT_OUT = {
    "inode filling",  # gVisor bounds no inodes: what they take is memory, and test_runtimes looks for it
    "deep trees",
    "files in memory",
    "anonymous files",
    "every signal ignored",
    "C++: templates without end",
    "C++: a constant that takes for ever",
    "C++: macros",
    "C++: includes /dev/urandom",
    "C++: includes /dev/zero",
    "C++: a huge array",
    "Go: a huge array",
    "Java: huge constants",
    "Java: types without end",
    "Java: heap",
    "Java: a hook that never ends",
    "JavaScript: objects",
    "JavaScript: deaf",
    "JavaScript: workers that spin",
}
ATTACKS = [attack for module in MODULES for attack in module.ATTACKS if attack.name not in LEFT_OUT]
FIRST = ("python",)
"""The attacks in the other languages are left to ``make thorough``: the other kernel is the same for all."""


@pytest.fixture(scope="module")
def gvisor(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    if os.environ.get("CODERUNNER_ATTACKED_RUNTIME") == GVISOR:
        pytest.skip("all attacks run under it")
    if reason := why_not(docker_engine, GVISOR):
        pytest.skip(reason)
    attacked = StackArena(tmp_path_factory.mktemp("gvisor"), ALL, GVISOR)
    yield attacked
    attacked.close()


def but_of(first: Sequence[str], language: str) -> list[pytest.MarkDecorator]:
    return [] if language in first else [pytest.mark.thorough]


@pytest.mark.parametrize(
    "attack",
    [pytest.param(attack, marks=but_of(FIRST, attack.program.partition("/")[0])) for attack in ATTACKS],
    ids=lambda attack: attack.name.replace(" ", "-"),
)
def test_it_is_as_harmless_there(gvisor: Arena, attack: Attack) -> None:
    assert_harmless(gvisor, attack)


@pytest.mark.parametrize("language", [pytest.param(language, marks=but_of(FIRST, language)) for language in ALL])
def test_a_slot_is_clean_after_all_of_them(gvisor: Arena, language: str) -> None:
    assert_clean(gvisor, language)


def test_what_is_left_out_exists() -> None:
    assert {attack.name for module in MODULES for attack in module.ATTACKS} >= LEFT_OUT

"""Interpreters and compilers that wait for a program do with it as those that are started for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import docker
import pytest

from node.domain.language import Language
from node.domain.program import compile_launch, program_of, run_launch, runnable_as_submitted
from node.domain.sandbox import Role
from sandbox.builder.build import build_images
from schemas.task import SourceFile
from tests.builders import MIB, some_limits
from tests.conformance.programs import LEISURE
from tests.integration.agent.attached import AttachedAgent, make_slot
from tests.integration.agent.sections import read_programs
from tests.integration.agent.told import FOLDER, told

STDIN = "one\ntwo\n"
PROGRAMS = Path(__file__).parent / "waiting"
ADDRESS = (re.compile(rb"0x[0-9a-f]{6,}|#<[^>]*>"), b"0x")
_told = partial(told, changing=[FOLDER, ADDRESS])


def programs(language: Language) -> dict[str, dict[str, bytes]]:
    return read_programs(str(PROGRAMS / f"{language.id}.txt"), main=language.source_name)


@pytest.fixture(scope="module")
def slot(docker_engine: docker.DockerClient, language: Language) -> Iterator[AttachedAgent]:
    """Of the stage in which something waits: that in which programs are compiled, where there is one."""
    build_images([language.image.partition("/")[2]])
    with closing(make_slot(docker_engine.api, language.id, Role.COMPILE if language.compile else Role.RUN)) as made:
        yield made


def ended(slot: AttachedAgent, language: Language, files: dict[str, bytes], *, warm: bool) -> dict[str, object]:
    """With the limits that what waits was started with."""
    program = program_of(language, "", [SourceFile.of(name, content) for name, content in files.items()])
    launch = (
        compile_launch(program, language.compile)
        if language.compile
        else run_launch(runnable_as_submitted(program), stdin=STDIN, args=(), limits=some_limits(**LEISURE))
    )
    report = slot.run(
        launch.files,
        launch.command,
        stdin=STDIN.encode(),
        collect=launch.collect,
        collect_bytes=64 * MIB,
        warm=warm,
        **{**slot.config["limits"], "memory_bytes": 1024 * MIB, "disk_bytes": 256 * MIB},
    )
    assert report.exited["warm"] is warm
    return {**_told(report), "artefacts": sorted(report.artefacts)}


def test_what_waited_does_as_what_is_started(slot: AttachedAgent, language: Language) -> None:
    differing = {}
    for name, files in programs(language).items():
        warm, cold = (ended(slot, language, files, warm=warm) for warm in (True, False))
        if warm != cold:
            differing[name] = warm, cold
    assert not differing

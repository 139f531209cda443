"""The benchmark's programs in slots: each prints what it should, in every way in which they are measured."""

from __future__ import annotations

import random

import pytest

from bench.corpus.programs import EXTENSIONS, programs
from bench.corpus.rows import ROWS, Row
from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.program import program_of
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.task import SourceFile
from tests.builders import a_task, some_limits
from tests.fakes.node import FakeDelivery, RecordingAnnouncer
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

CHANGED = [row for row in ROWS if row.language == "cpp"]


async def wrong(engine: PrefixedEngine, row: Row, chosen: slice) -> dict[str, object]:
    """The programs that did not print what they should, one after the other in one pool's slots."""
    served, chance = language(row.language), random.Random(1)
    bench = Workbench(await engine.pool(served), MemoryArtefactStore(), RecordingAnnouncer())
    found: dict[str, object] = {}
    for program in programs(row.language)[chosen]:
        sources = [SourceFile(program.file, row.change(program.source, chance))]
        task = a_task(language=row.language, files=sources, limits=some_limits(**AT_LEISURE))
        attempt = Attempt(FakeDelivery(task), "n1", 0.0)
        execution = await bench.execute(attempt, program_of(served, "1", sources, options=row.options))
        if execution.run is None or (execution.run.exit_code, execution.run.stdout) != (0, program.expected):
            found[program.name] = execution
    return found


@pytest.mark.parametrize("name", sorted(EXTENSIONS))
async def test_every_program_of_a_language_prints_what_it_should(engine: PrefixedEngine, name: str) -> None:
    row = Row(name, name, 1)
    assert await wrong(engine, row, slice(None)) == {}


@pytest.mark.parametrize("row", CHANGED, ids=[row.name for row in CHANGED])
async def test_cpp_programs_print_the_same_in_every_row(engine: PrefixedEngine, row: Row) -> None:
    assert await wrong(engine, row, slice(None, None, 6)) == {}

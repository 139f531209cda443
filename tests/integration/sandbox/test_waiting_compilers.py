"""A compiler that waits is the one that compiles, as the node asks for it."""

from __future__ import annotations

import pytest

from node.domain.language import Language
from node.domain.program import compile_launch, compile_limits, program_of
from node.domain.sandbox import Role
from node.infrastructure.languages import load_languages
from schemas.task import SourceFile
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import LANGUAGES
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

COMPILED = [one for one in load_languages(LANGUAGES) if one.default and one.compile and one.compile.warm]


@pytest.mark.parametrize("language", COMPILED, ids=lambda one: one.id)
async def test_the_compiler_that_waits_is_used(engine: PrefixedEngine, language: Language) -> None:
    pool = await engine.pool(language)
    assert language.compile is not None
    program = program_of(language, "", [SourceFile("", language.sample.lstrip("\n"))])
    async with pool.slot(language, Role.COMPILE, compile_limits(language.compile)) as sandbox:
        outcome = await sandbox.run(compile_launch(program, language.compile), nobody)
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.warm

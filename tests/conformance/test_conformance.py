"""Each language does with the same small programs what all do; what one cannot, it says in its ``about.toml``."""

from __future__ import annotations

import itertools
import re

import pytest

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.language import Language
from node.domain.program import program_of
from schemas.execution import Execution
from schemas.status import Severity
from schemas.task import SourceFile
from tests.builders import a_task, some_limits
from tests.conformance.programs import LEISURE, Expected, about, expected, files_of, marked_lines
from tests.fakes.node import FakeDelivery

_numbers = itertools.count(1)


async def executed(bench: Workbench, language: Language, files: list[SourceFile], how: Expected) -> Execution:
    limits = some_limits(**{**LEISURE, **about(language).get("limits", {}), **how.limits})
    task = a_task(
        f"conforms-{next(_numbers)}",
        language=language.name,
        files=files,
        limits=limits,
        stdin=how.stdin,
        args=list(how.args),
        outputs=["out/*"],
    )
    entry = files[0].name if len(files) > 1 else ""
    program = program_of(language, "1", files, entry_point=entry)
    return await bench.execute(Attempt(FakeDelivery(task), "n1", 0.0), program)


def shown(language: Language, execution: Execution) -> str:
    """What the program printed: as it is, without the frame of a table, or as the text in a picture."""
    assert execution.run is not None
    form = about(language).get("prints", "text")
    if form == "table":
        rows = re.findall(r"^[-├─┤]+\n((?:(?![└(]).+\n)*)", execution.run.stdout, re.MULTILINE)
        return "".join(f"{line.strip('│ ')}\n" for line in "".join(rows).splitlines()) or execution.run.stdout
    if form == "picture":
        (picture,) = execution.files or (None,)
        text = (picture.data or b"").decode() if picture else ""
        return "".join(f"{line}\n" for line in re.findall(r"<text[^>]*>([^<]*)<", text))
    return execution.run.stdout


@pytest.mark.asyncio(loop_scope="module")
async def test_a_program_does_what_it_does_in_every_language(
    bench: Workbench, language: Language, program: str
) -> None:
    files = files_of(language, program)
    if not files:
        pytest.skip(about(language)["without"][program])
    how = expected(language, program)
    execution = await executed(bench, language, files, how)
    assert execution.status is how.status, execution
    stage = execution.compile if how.error_line == "compile" else execution.run
    assert stage is not None
    if how.stdout is not None:
        assert shown(language, execution).upper() == how.stdout.upper(), execution
    if how.stderr is not None:
        assert stage.stderr == how.stderr, execution
    if how.exit_code is not None:
        assert stage.exit_code == how.exit_code, execution
    if how.error_line and f"{program}_line" not in about(language).get("without", {}):
        told = {one.line for one in execution.diagnostics if one.severity is Severity.ERROR and one.file}
        assert told & marked_lines(files), execution

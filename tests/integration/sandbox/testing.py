"""Programs that are run as tests, in slots of a pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.program import program_of
from schemas.execution import Execution
from schemas.task import SourceFile
from tests.builders import a_task, some_limits
from tests.fakes.node import FakeDelivery
from tests.integration.sandbox.languages import AT_LEISURE


async def executed_tests(
    bench: Workbench, name: str, framework: str, files: Mapping[str, str], **task: Any
) -> Execution:
    """What becomes of the files as tests of that framework."""
    sources = [SourceFile(file, content) for file, content in files.items()]
    limits = some_limits(**{**AT_LEISURE, **task.pop("limits", {})})
    message = a_task(language=name, files=sources, test_framework=framework, limits=limits, **task)
    language, version = bench.language(name, "", framework)
    return await bench.execute(Attempt(FakeDelivery(message), "n1", 0.0), program_of(language, version, sources))


def ends(execution: Execution) -> dict[str, str]:
    """The status of each test by its name, which no two have in common."""
    found = {test.name: test.status.value for test in execution.tests}
    assert len(found) == len(execution.tests), execution.tests
    return found

"""What a compiler runs of the code that it reads is in the sandbox, and leaves nothing to the next task of its slot."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.application.workbench import Workbench
from node.domain.language import Language
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import SourceFile
from tests.conformance.programs import Expected
from tests.conformance.test_conformance import executed

PROGRAMS = Path(__file__).parent / "macros"
"""By language: programs that have ``{shell}`` run while they are compiled, and print what it printed."""
PROBE = (
    "id -u; touch /opt/left /usr/left /etc/left 2>/dev/null && echo ESCAPED; ls -A /tmp /dev/shm /workspace;"
    " cat /proc/[0-9]*/comm; echo 127.0.0.1 >/tmp/left; touch /dev/shm/left ../left;"
    " (exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec setsid sleep 600) </dev/null >/dev/null 2>&1 & echo probed"
)


async def probed(bench: Workbench, language: Language, number: int) -> Execution:
    """A run of the program as nobody has seen it."""
    files = [
        SourceFile(path.name, path.read_text().replace("{shell}", PROBE) + "\n" * number)
        for path in sorted(
            (PROGRAMS / language.id).iterdir(), key=lambda path: (path.name != language.source_name, path)
        )
    ]
    return await executed(bench, language, files, Expected())


@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_macro_runs_is_locked_in_and_gone_afterwards(bench: Workbench, language: Language) -> None:
    for number in range(3):
        execution = await probed(bench, language, number)
        assert execution.status is Status.SUCCEEDED, (execution.compile, execution.run)
        assert execution.run is not None
        said = execution.run.stdout.split()
        assert said[0].isdigit(), execution
        assert said[0] != "0", execution
        assert "probed" in said
        assert not {"ESCAPED", "left", "sleep"} & set(said), execution

"""Reports on tests that the tests write themselves: they harm nobody, and speak of their own program alone."""

from __future__ import annotations

import time

import pytest

from node.application.workbench import Workbench
from schemas.status import Status
from tests.integration.sandbox.testing import executed_tests

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = {
    "a million lines": "open(path, 'w').write('{}\\n' * 1_000_000)",
    "one long line": "open(path, 'w').write('\"' * 50_000_000)",
    "a sparse file": "open(path, 'w').truncate(50 << 20)",
    "deep": "open(path, 'w').write(('[' * 15_000 + '\\n') * 500)",
    "no text": "open(path, 'wb').write(b'\\xff\\xfe\\n' * 100_000)",
    "a link": "os.symlink('/etc/passwd', path)",
    "a pipe": "os.mkfifo(path)",
    "a folder": "os.mkdir(path)",
    "no rights": "open(path, 'w').close(); os.chmod(path, 0)",
    "a device": "os.symlink('/dev/zero', path)",
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_report_of_a_strangers_making_harms_nobody(bench: Workbench, what: str) -> None:
    source = f"""import os
path = os.getcwd() + '.report'
def test_hostile():
    os.unlink(path)
    {HOSTILE[what]}
"""
    began = time.monotonic()
    execution = await executed_tests(bench, "python", "pytest", {"test_a.py": source})
    assert time.monotonic() - began < 60
    assert (execution.status, execution.tests, execution.error) == (Status.FAILED, [], "no tests were found")
    after = await executed_tests(bench, "python", "pytest", {"test_a.py": "def test_one(): pass"})
    assert after.status is Status.SUCCEEDED


async def test_a_forged_report_speaks_of_its_own_program_alone(bench: Workbench) -> None:
    line = '{"name": "\\u001b[2Jfree", "status": "PASSED", "line": 3, "message": "\\u202ex"}'
    source = f"""import os
def test_hostile():
    path = os.getcwd() + '.report'
    os.unlink(path)
    open(path, 'w').write({line!r} + "\\n")
"""
    execution = await executed_tests(bench, "python", "pytest", {"test_a.py": source})
    assert [(test.name, test.message) for test in execution.tests] == [("\ufffd[2Jfree", "\ufffdx")]

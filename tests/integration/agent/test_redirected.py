"""Both outputs of a program as one, in the order in which it wrote them."""

from __future__ import annotations

from tests.integration.agent.attached import AttachedAgent
from tests.integration.agent.slot_checks import assert_works
from tests.integration.agent.slot_fixtures import slot_of

python_slot = slot_of("python")
TAKES_TURNS = """
import os
for number in range(500):
    os.write(1 + number % 2, b"%d\\n" % number)
"""


def test_both_outputs_are_one_in_true_order(python_slot: AttachedAgent) -> None:
    report = python_slot.python(TAKES_TURNS, warm=False, redirect_stderr=True)
    assert report.stdout == b"".join(b"%d\n" % number for number in range(500))
    assert (report.stderr, report.exit_code, report.stderr_truncated) == (b"", 0, False)
    assert report.clean["ok"]
    assert_works(python_slot)


def test_the_limit_of_output_is_one_for_both(python_slot: AttachedAgent) -> None:
    source = "import os\nwhile True:\n    os.write(1, b'x' * 100)\n    os.write(2, b'y' * 100)"
    report = python_slot.python(source, warm=False, redirect_stderr=True, output_bytes=10_000)
    assert (report.ending, len(report.stdout), report.stdout_truncated) == ("output", 10_000, True)
    assert_works(python_slot)

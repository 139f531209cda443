"""The agent's code in a slot's memory."""

from __future__ import annotations

from tests.integration.agent.attached import AttachedAgent


def test_the_agents_code_stays_in_the_slots_memory_and_no_programs_does(python_slot: AttachedAgent) -> None:
    of_agent = python_slot.inside("grep VmLck /proc/1/status")
    assert int(of_agent.split()[1]) > 4_000
    report = python_slot.python("print(open('/proc/self/status').read())")
    assert "VmLck:\t       0 kB" in report.stdout.decode()

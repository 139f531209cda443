"""What an interpreter is found to take for itself."""

from __future__ import annotations

import dataclasses

from node.domain.sandbox import Launch, Outcome
from node.infrastructure.docker.pool.baseline_probe import measure
from tests.builders import MIB, PYTHON, an_outcome, some_limits

IDLE = dataclasses.replace(PYTHON, baseline_command=("python3", "/dev/null"))


class PlayedSandbox:
    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.ran: list[Launch] = []

    async def run(self, launch: Launch, on_output: object) -> Outcome:
        self.ran.append(launch)
        return self.outcomes.pop(0)

    async def kill(self) -> None:
        raise AssertionError("nobody asked for that")


async def test_it_is_the_lower_of_two_since_the_first_may_be_charged_for_the_interpreters_files() -> None:
    sandbox = PlayedSandbox(an_outcome(peak_memory_bytes=60 * MIB), an_outcome(peak_memory_bytes=9 * MIB))
    assert await measure(sandbox, IDLE, some_limits()) == 9 * MIB
    assert {(launch.command, launch.warm) for launch in sandbox.ran} == {(("python3", "/dev/null"), False)}


async def test_an_interpreter_that_does_not_run_so_tells_nothing() -> None:
    assert await measure(PlayedSandbox(an_outcome(exit_code=1)), IDLE, some_limits()) == 0


async def test_a_language_that_is_charged_for_all_it_has_is_not_measured() -> None:
    assert await measure(PlayedSandbox(), PYTHON, some_limits()) == 0

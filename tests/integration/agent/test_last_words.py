"""A program that says that it ends is reported before it is gone; nobody gains by saying so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import docker
import pytest

from tests.integration.agent.attached import AttachedAgent, make_slot

WAITS = "printf 1 >&4; cat <&3 >/dev/null; exec 3<&-; "
"""A waiting process that takes its program and forgets it; what follows is what it does instead."""


@pytest.fixture
def ends_with(engine_api: docker.APIClient) -> Iterator[Callable[[str], AttachedAgent]]:
    made: list[AttachedAgent] = []

    def slot(script: str) -> AttachedAgent:
        warm = {"kind": "prestart", "command": ["sh", "-c", WAITS + script], "env_at_start": False}
        made.append(make_slot(engine_api, "bash", warm=warm))
        return made[-1]

    yield slot
    for agent in made:
        agent.close()


def test_the_exit_is_reported_at_once_with_all_that_was_printed_before(
    ends_with: Callable[[str], AttachedAgent],
) -> None:
    slot = ends_with(r"printf out; printf err >&2; printf 'E\007' >&4; sleep 30; printf never")
    for _ in range(2):
        report = slot.run({"main.sh": ""}, ["bash", "main.sh"])
        assert (report.exited["ending"], report.exited["exit_code"], report.exited["signal"]) == ("exited", 7, None)
        assert (report.stdout, report.stderr) == (b"out", b"err")
        assert report.exited["wall_ms"] < 10_000
        assert report.clean["ok"], report.clean


def test_what_it_leaves_running_is_ended_with_it(ends_with: Callable[[str], AttachedAgent]) -> None:
    slot = ends_with(r"(sleep 30; printf late) & printf 'E\000' >&4; sleep 30")
    report = slot.run({"main.sh": ""}, ["bash", "main.sh"])
    assert (report.exited["exit_code"], report.stdout, report.clean["ok"]) == (0, b"", True)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(r"printf 'EEEE' >&4", id="too many"),
        pytest.param(r"printf 'X\000' >&4", id="others"),
        pytest.param("printf E >&4", id="half of them"),
        pytest.param("head -c 300000 /dev/zero >&4 2>/dev/null", id="a flood"),
        pytest.param("exec 4>&-", id="none"),
    ],
)
def test_anything_else_is_not_heard_and_the_program_is_waited_for(
    ends_with: Callable[[str], AttachedAgent], words: str
) -> None:
    report = ends_with(f"({words}); printf done; exit 3").run({"main.sh": ""}, ["bash", "main.sh"])
    assert (report.exited["ending"], report.exited["exit_code"], report.stdout) == ("exited", 3, b"done")
    assert report.clean["ok"], report.clean

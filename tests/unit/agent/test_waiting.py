"""Whether a process that waits can still be given its program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from node.agent.config import RlimitSet
from node.agent.spawn import Pipes
from node.agent.warm import WaitingProcess


@dataclass
class Played:
    """The ends of a process that waits, and the agent's view of it."""

    given: int = field(init=False)
    ready: int = field(init=False)
    waiting: WaitingProcess = field(init=False)

    def __post_init__(self) -> None:
        self.given, control = os.pipe()
        ready, self.ready = os.pipe()
        nothing = Pipes(-1, -1, -1, -1, -1, -1)
        self.waiting = WaitingProcess(0, nothing, "", control, ready, RlimitSet(1, 1, 1), takes_limits=False)

    def gets_ready(self) -> None:
        os.write(self.ready, b"1")

    def dies(self) -> None:
        os.close(self.given)
        os.close(self.ready)
        self.given = self.ready = -1


@pytest.fixture
def played() -> Iterator[Played]:
    played = Played()
    yield played
    played.waiting.close()
    if played.given >= 0:
        played.dies()


def test_one_that_said_so_is_ready(played: Played) -> None:
    played.gets_ready()
    assert played.waiting.await_ready()


def test_one_that_died_before_it_was_ready_is_not(played: Played) -> None:
    played.dies()
    assert not played.waiting.await_ready()


def test_one_that_died_after_it_was_ready_is_not(played: Played) -> None:
    """Its end is known from its pipes before it has been waited for."""
    played.gets_ready()
    played.dies()
    assert not played.waiting.await_ready()

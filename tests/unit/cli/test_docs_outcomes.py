"""Many tasks at once, where the queue has not room for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pytest

from coderunner.cli.docs import outcomes as module
from coderunner.cli.docs.outcomes import outcomes
from coderunner.client import Client
from coderunner.errors import InvalidTask, LanguageUnavailable, QueueFull
from coderunner.model import Execution, Submitted
from coderunner.status import Status
from coderunner.task import Task

FULL = Submitted(error=QueueFull("full", 0.001))


class _Narrow:
    """Takes ``room`` tasks of a batch; ``refuses`` is what it says of a source."""

    def __init__(self, room: int, refuses: dict[str, Submitted] | None = None) -> None:
        self._room, self._refuses = room, refuses or {}
        self.batches: list[int] = []

    async def submit_batch(self, tasks: Iterable[Task]) -> tuple[Submitted, ...]:
        sources = [str(task.source) for task in tasks]
        self.batches.append(len(sources))
        given = [self._refuses.get(one, Submitted(one)) for one in sources]
        return tuple(one if number < self._room else FULL for number, one in enumerate(given))

    async def follow(self, task_id: str) -> Execution:
        return Execution(id=task_id, status=Status.SUCCEEDED)


def tasks(count: int) -> list[Task]:
    return [Task(language="python", source=str(number)) for number in range(count)]


async def test_what_has_no_room_is_submitted_again_once_others_have_ended() -> None:
    gateway = _Narrow(3, {"1": Submitted(error=InvalidTask("too long"))})
    first, second, *rest = await outcomes(cast("Client", gateway), tasks(7))
    assert gateway.batches == [7, 4, 1]
    assert isinstance(second, InvalidTask)
    assert [one.id for one in (first, *rest) if isinstance(one, Execution)] == ["0", "2", "3", "4", "5", "6"]


async def test_a_queue_that_never_has_room_is_told_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FULL_ROUNDS", 3)
    gateway = _Narrow(0)
    with pytest.raises(QueueFull):
        await outcomes(cast("Client", gateway), tasks(2))
    assert gateway.batches == [2] * 4


async def test_what_is_no_fault_of_a_program_ends_it() -> None:
    gone = Submitted(error=LanguageUnavailable("no live node serves it"))
    with pytest.raises(LanguageUnavailable):
        await outcomes(cast("Client", _Narrow(9, {"1": gone})), tasks(2))


async def test_what_waits_for_room_is_not_sent_again_with_each_that_has_found_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_SUBMITTED", 5)
    gateway = _Narrow(3)
    assert len(await outcomes(cast("Client", gateway), tasks(100))) == 100
    assert max(gateway.batches) == 5


async def test_many_that_are_refused_are_no_full_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SUBMITTED", 2)
    gateway = _Narrow(9, {str(number): Submitted(error=InvalidTask("too long")) for number in range(100)})
    assert len(await outcomes(cast("Client", gateway), tasks(101))) == 101

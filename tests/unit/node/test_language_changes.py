"""A running node follows what its operator decides of its languages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set

import pytest

from node.application.attempt import Attempt, Attempts
from node.domain.language import Language
from node.infrastructure import language_changes
from node.infrastructure.language_changes import LanguageChanges
from node.infrastructure.languages import LanguageFileError
from tests.builders import CPP, PYTHON, a_task
from tests.fakes.node import FakeDelivery


class Decision:
    def __init__(self) -> None:
        self.is_new = False
        self.error: Exception | None = None

    def changed(self) -> bool:
        return self.is_new

    def read(self) -> tuple[Sequence[Language], Set[str]]:
        if self.error is not None:
            raise self.error
        return (CPP,), frozenset({"cpp"})

    def followed(self) -> None:
        self.is_new = False


class Pool:
    def __init__(self) -> None:
        self.told: list[tuple[list[str], Set[str]]] = []
        self.dismissed: asyncio.Queue[Set[str]] = asyncio.Queue()

    def serve(self, languages: Sequence[Language], renewed: Set[str]) -> Set[str]:
        self.told.append(([one.id for one in languages], renewed))
        return {PYTHON.id}

    async def dismiss(self, languages: Set[str]) -> None:
        self.dismissed.put_nowait(languages)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_changes, "LOOK_EVERY_S", 0.0)


async def test_nothing_is_done_until_something_is_decided() -> None:
    decision, pool = Decision(), Pool()
    changes = LanguageChanges(decision, pool, Attempts())
    await changes.look()
    decision.is_new = True
    await changes.look()
    await changes.look()
    assert pool.told == [(["cpp"], {"cpp"})]


async def test_the_slots_of_what_goes_stay_until_the_tasks_of_that_moment_have_ended() -> None:
    decision, pool, attempts = Decision(), Pool(), Attempts()
    early, late = (Attempt(FakeDelivery(a_task(name)), "n1", 0.0) for name in ("early", "late"))
    attempts.enter(early)
    changes = asyncio.create_task(LanguageChanges(decision, pool, attempts).run())
    decision.is_new = True
    while not pool.told:  # noqa: ASYNC110
        await asyncio.sleep(0)
    attempts.enter(late)
    for _ in range(20):
        await asyncio.sleep(0)
    assert pool.dismissed.empty()
    attempts.leave(early)
    assert await asyncio.wait_for(pool.dismissed.get(), 5) == {PYTHON.id}
    changes.cancel()


@pytest.mark.parametrize("error", [LanguageFileError("broken"), OSError("away")])
async def test_what_cannot_be_read_changes_nothing_and_is_told_of_once(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    decision, pool = Decision(), Pool()
    decision.is_new, decision.error = True, error
    changes = LanguageChanges(decision, pool, Attempts())
    for _ in range(3):
        await changes.look()
    assert not pool.told
    assert capsys.readouterr().out.count("languages_not_read") == 1
    decision.error = None
    await changes.look()
    assert pool.told

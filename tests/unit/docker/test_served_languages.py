"""Which languages are served, and when those that could not be are tried again."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from chassis.backoff import Backoff
from node.domain.language import Language
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.pool import served_languages
from node.infrastructure.docker.pool.served_languages import ServedLanguages
from tests.builders import CPP, PYTHON


def not_dismissed(language: str) -> None:
    raise AssertionError(language)


GHOST = dataclasses.replace(PYTHON, name="ghost")


class Preparation:
    """Fails for as long as ``broken`` names the language."""

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.asked: list[str] = []
        self.asked_often = asyncio.Event()

    async def __call__(self, language: Language) -> str:
        self.asked.append(language.name)
        if self.asked.count(language.name) == 5:
            self.asked_often.set()
        if language.name in self.broken:
            raise LookupError(f"no image {language.image}")
        return f"{language.name} 1"


async def test_each_is_tried_once_and_what_works_is_served_in_the_given_order() -> None:
    preparation = Preparation("ghost")
    served = ServedLanguages([CPP, GHOST, PYTHON], preparation, not_dismissed)
    await served.try_each()
    assert served.served == ((CPP, "cpp 1"), (PYTHON, "python 1"))
    assert sorted(preparation.asked) == ["cpp", "ghost", "python"]


async def test_what_is_missing_is_tried_until_it_works_and_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_languages, "BETWEEN_TRIES", Backoff(base_s=0.0, max_s=0.0))
    preparation = Preparation("ghost")
    served = ServedLanguages([GHOST, PYTHON], preparation, not_dismissed)
    await served.try_each()
    before = served.served
    (work,) = served.further_tries()
    trying = asyncio.create_task(work)
    await asyncio.wait_for(preparation.asked_often.wait(), 5)
    assert served.served is before
    preparation.broken.clear()
    await asyncio.wait_for(trying, 5)
    assert served.served == ((GHOST, "ghost 1"), (PYTHON, "python 1"))
    assert served.further_tries() == []


async def test_a_second_round_asks_only_for_what_is_missing() -> None:
    preparation = Preparation("ghost")
    served = ServedLanguages([GHOST, PYTHON], preparation, not_dismissed)
    await served.try_each()
    await served.try_each()
    assert preparation.asked.count("python") == 1
    assert preparation.asked.count("ghost") == 2


async def test_a_fault_of_ours_is_not_hidden_by_further_tries() -> None:
    async def faulty(_language: Language) -> str:
        raise ZeroDivisionError

    served = ServedLanguages([PYTHON], faulty, not_dismissed)
    await served.try_each()
    (work,) = served.further_tries()
    with pytest.raises(ZeroDivisionError):
        await work


async def test_the_reason_is_logged_once_for_as_long_as_it_stays(capsys: pytest.CaptureFixture[str]) -> None:
    async def refused(_language: Language) -> str:
        raise EngineError("no room")

    served = ServedLanguages([PYTHON], refused, not_dismissed)
    for _ in range(3):
        await served.try_each()
    assert capsys.readouterr().out.count("language_not_served") == 1


async def test_one_that_is_wanted_no_longer_is_not_served_and_its_tries_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_languages, "BETWEEN_TRIES", Backoff(base_s=0.0, max_s=0.0))
    dismissed: list[str] = []
    preparation = Preparation("ghost")
    served = ServedLanguages([GHOST, PYTHON, CPP], preparation, dismissed.append)
    await served.try_each()
    (work,) = served.further_tries()
    trying = asyncio.create_task(work)
    await asyncio.wait_for(preparation.asked_often.wait(), 5)
    assert served.want([CPP], frozenset()) == {"ghost", "python"}
    assert served.served == ((CPP, "cpp 1"),)
    await asyncio.wait_for(trying, 5)
    assert served.unserved() == {}
    assert set(dismissed) <= {"ghost"}


async def test_one_that_goes_while_it_is_made_ready_is_dismissed_and_not_served() -> None:
    dismissed: list[str] = []

    async def prepare(language: Language) -> str:
        served.want([CPP], frozenset())
        return f"{language.name} 1"

    served = ServedLanguages([PYTHON], prepare, dismissed.append)
    await served.try_each()
    assert (served.served, dismissed) == ((), ["python"])


async def test_one_of_another_definition_or_image_is_served_as_it_was_until_it_is_ready_again() -> None:
    versions = iter(["1", "2", "3"])
    seen: list[object] = []

    async def prepare(_language: Language) -> str:
        seen.append(served.served)
        return next(versions)

    served = ServedLanguages([PYTHON], prepare, not_dismissed)
    await served.try_each()
    other = dataclasses.replace(PYTHON, title="Python")
    for languages, renewed in (([other], frozenset()), ([other], frozenset({"python"}))):
        assert served.want(languages, renewed) == set()
        for work in served.further_tries():
            await work
    assert seen == [(), ((PYTHON, "1"),), ((other, "2"),)]

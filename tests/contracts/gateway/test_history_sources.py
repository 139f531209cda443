"""What was submitted, in the history: kept where it is given, gone with its task, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from broker_gateway.application.history_ports import HistoryStore, Retention, TaskRecord
from broker_gateway.application.task_records import record_of_result
from broker_gateway.infrastructure.history.migration import migrate
from broker_gateway.infrastructure.history.store import SqlHistoryStore
from broker_gateway.infrastructure.history_role import redaction
from schemas.kept_source import KeptSource
from schemas.task import Callback, SourceFile
from tests.builders import a_result_of, a_stage, a_task
from tests.contracts.gateway.histories import Histories, ended, past, queued, running

MARKS = ("file", "stdin", "args", "name", "value", "password", "output")
EVERYTHING = Retention(age_s=0.0)


def a_source(text: str = "print('hello')") -> KeptSource:
    kept = KeptSource.of(a_task(keeps_source=True, files=[SourceFile("main.py", text)], env={"TOKEN": "hunter2"}))
    assert kept is not None
    return kept


def with_source(task_id: str, source: KeptSource) -> TaskRecord:
    return replace(ended(task_id), source=source)


async def test_a_source_is_found_by_its_task_whatever_else_is_told(histories: Histories) -> None:
    history, source = histories.one, a_source()
    await history.record([queued("t", 1), with_source("t", source), running("t"), *past("other", 2)])
    await histories.other.record([with_source("t", source), ended("t")])
    assert await history.source("t") == source
    assert await history.source("other") is None
    assert await history.source("never") is None


async def test_of_two_sources_of_a_task_the_first_stays(histories: Histories) -> None:
    first, second = a_source("first"), a_source("second")
    await histories.one.record([with_source("t", first), with_source("u", first), with_source("u", second)])
    await histories.other.record([with_source("t", second)])
    assert [await histories.one.source(task_id) for task_id in ("t", "u")] == [first, first]


async def test_a_source_goes_with_its_task(history: HistoryStore) -> None:
    await history.record([*past("t", 1), with_source("t", a_source())])
    assert await history.forget(EVERYTHING, 1 << 50, 10) == 1
    assert await history.source("t") is None


async def test_any_text_is_kept_as_it_was(history: HistoryStore) -> None:
    for number, text in enumerate(["\0", "'; DROP TABLE tasks; --", "\U0001f600\u2028", "x" * 400_000, ""]):
        await history.record([with_source(f"t{number}", a_source(text))])
        assert await history.source(f"t{number}") == a_source(text)
    await history.record([with_source("half", msgspec.structs.replace(a_source(), stdin="half \ud800"))])
    found = await history.source("half")
    assert found is not None


@pytest.mark.parametrize("level", ["full", "no-source", "status-only"])
async def test_of_each_level_nothing_more_than_it_says_is_in_the_database(tmp_path: Path, level: str) -> None:
    file = tmp_path / "history.db"
    task = a_task(
        keeps_source=True,
        files=[SourceFile("main.py", "MARK-file")],
        stdin="MARK-stdin",
        args=["MARK-args"],
        env={"MARK-name": "MARK-value"},
        callback=Callback(url="http://u:MARK-password@h/"),
    )
    result = a_result_of(task, run=a_stage("MARK-output"))
    await migrate(f"sqlite:///{file}")
    store = SqlHistoryStore(f"sqlite:///{file}")
    await store.record([redaction(level)(record_of_result(result))])
    kept = await store.source(task.id)
    await store.close()
    marks = _marks(tmp_path)
    expected = {"full": {"file", "stdin", "args", "name", "output"}, "no-source": {"output"}, "status-only": set()}
    assert marks == expected[level]
    assert (kept is not None) == (level == "full")


def _marks(folder: Path) -> set[str]:
    """Those that are in any of its files."""
    stored = b"".join(file.read_bytes() for file in folder.iterdir())
    return {word for word in MARKS if f"MARK-{word}".encode() in stored}

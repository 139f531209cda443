"""``coderunner history export`` against a scripted gateway."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from coderunner import SyncClient
from coderunner.cli.history import _Parquet
from coderunner.cli.output import as_json
from coderunner.v1 import execution_pb2
from tests.fakes.fake_gateway import FakeGateway
from tests.unit.cli.command import Cli


def submit(gateway: FakeGateway, *keys: str) -> list[str]:
    with SyncClient(gateway.target) as client:
        return [client.submit("python", "", idempotency_key=key, labels={"post": key}) for key in keys]


def test_tasks_are_one_json_object_on_each_line(gateway: FakeGateway, coderunner: Cli, tmp_path: Path) -> None:
    ids = submit(gateway, "one", "two")
    done = coderunner("history", "export")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["id"] for row in rows} == set(ids)
    assert "2 tasks" in done.stderr
    coderunner("history", "export", "--limit", "1", "--output", str(tmp_path / "tasks.jsonl"))
    assert (tmp_path / "tasks.jsonl").read_text() == done.stdout.splitlines(keepends=True)[0]


def test_whole_tasks_have_what_they_printed(gateway: FakeGateway, coderunner: Cli) -> None:
    submit(gateway, "one")
    (row,) = map(json.loads, coderunner("history", "export", "--whole").stdout.splitlines())
    with SyncClient(gateway.target) as client:
        assert row == json.loads(json.dumps(as_json(client.get(row["id"]))))


def test_with_its_source_a_task_has_what_was_submitted_where_it_is_kept(gateway: FakeGateway, coderunner: Cli) -> None:
    ids = submit(gateway, "one", "two")
    files = [execution_pb2.File(name="main.py", content="print(1)")]
    gateway.sources[ids[0]] = execution_pb2.Task(language="python", files=files)
    rows = {row["id"]: row for row in map(json.loads, coderunner("history", "export", "--source").stdout.splitlines())}
    assert rows[ids[0]]["source"]["source"] == {"main.py": "print(1)"}
    assert rows[ids[1]]["source"] is None
    (row,) = map(json.loads, coderunner("history", "export", "--limit", "1").stdout.splitlines())
    assert "source" not in row


def test_bytes_are_base64_as_in_all_else_that_is_json(gateway: FakeGateway, coderunner: Cli, tmp_path: Path) -> None:
    (task_id,) = submit(gateway, "one")
    files = [execution_pb2.File(name="in.png", data=b"\x89PNG")]
    gateway.sources[task_id] = execution_pb2.Task(language="python", files=files)
    (row,) = map(json.loads, coderunner("history", "export", "--source").stdout.splitlines())
    assert row["source"]["source"] == {"in.png": "iVBORw=="}
    coderunner("history", "export", "--source", "--parquet", "--output", str(tmp_path / "tasks.parquet"))
    (row,) = importlib.import_module("pyarrow.parquet").read_table(tmp_path / "tasks.parquet").to_pylist()
    assert json.loads(row["source"])["source"] == {"in.png": "iVBORw=="}


def test_parquet_without_its_package_says_which(
    gateway: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("coderunner.cli.history.import_module", missing)
    with pytest.raises(Exception, match="pip install pyarrow"), (tmp_path / "tasks.parquet").open("wb") as file:
        _Parquet(file)


def test_parquet_has_a_column_for_each_field(gateway: FakeGateway, coderunner: Cli, tmp_path: Path) -> None:
    ids = submit(gateway, *map(str, range(3)))
    coderunner("history", "export", "--parquet", "--output", str(tmp_path / "tasks.parquet"))
    rows = importlib.import_module("pyarrow.parquet").read_table(tmp_path / "tasks.parquet").to_pylist()
    assert {row["id"] for row in rows} == set(ids)
    assert {json.loads(row["labels"])["post"] for row in rows} == {"0", "1", "2"}
    assert all(isinstance(row["submitted_at_ms"], int) for row in rows)

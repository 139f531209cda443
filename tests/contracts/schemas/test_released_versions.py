"""Versions side by side on one bus (docs/adr/0027): what each released version wrote is read as it was meant, and what
is written now is read by the rules that it had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from broker_gateway.domain.seals import Seals
from broker_gateway.domain.task_id import TaskId
from schemas.execution import ResultMessage
from schemas.progress import ProgressMessage
from schemas.reader import Reader
from schemas.task import TaskMessage
from tests.contracts.schemas.compatibility import breaks
from tests.contracts.schemas.examples import examples
from tests.contracts.schemas.released import (
    FOLDER,
    Release,
    consumers,
    digest,
    fixed_of_streams,
    releases,
    sums,
)
from tests.contracts.schemas.wire_schema import wire_schema, wire_types

RELEASES = releases()
NOW_TYPES = json.loads(wire_schema())
KINDS = [(release, kind) for release in RELEASES for kind in release.messages]
each_release = pytest.mark.parametrize("release", RELEASES, ids=lambda one: one.version)
each_kind = pytest.mark.parametrize(
    ("release", "kind"), KINDS, ids=[f"{release.version}-{kind}" for release, kind in KINDS]
)


def test_what_a_released_version_writes_never_changes() -> None:
    assert {path.name: digest(path) for path in FOLDER.glob("*.json")} == sums()
    assert "0.2.0.json" in sums()


@each_kind
def test_what_a_released_version_wrote_is_read_as_it_was_meant(release: Release, kind: str) -> None:
    written = release.messages[kind]["message"]
    read = Reader(type(examples()[kind].message)).decode(msgspec.json.encode(written))
    assert list(_missed(written, msgspec.to_builtins(read), kind)) == []


@each_kind
def test_what_is_written_now_is_read_by_a_released_version(release: Release, kind: str) -> None:
    then, now = release.messages[kind]["type"], type(examples()[kind].message).__name__
    assert breaks(_named(then), _named(now), release.types, NOW_TYPES) == []


@each_kind
def test_a_message_is_where_a_released_version_looks_for_it(release: Release, kind: str) -> None:
    ours, theirs = examples()[kind].place, release.messages[kind]["place"]
    if kind == "kept answer":  # the last token says what a task's outcome hangs on, of which a new field may be a part
        ours, theirs = ours.rpartition(".")[0], theirs.rpartition(".")[0]
    assert ours == theirs


@each_release
def test_streams_and_consumers_of_a_released_version_are_not_set_otherwise(release: Release) -> None:
    """The gateway that connects last has its word. One that is new is of the new version alone."""
    streams, durables = release.content["streams"], release.content["consumers"]
    assert {name: fixed_of_streams().get(name) for name in streams} == streams
    assert {name: consumers().get(name) for name in durables} == durables


@each_release
def test_an_idempotency_key_names_the_task_that_it_named_in_a_released_version(release: Release) -> None:
    secrets = release.content["secrets"]
    now = TaskId.of_key(secrets["client"], secrets["idempotency_key"], secrets["id_secret"].encode())
    assert now.value == release.messages["task"]["message"]["id"]


@each_release
def test_what_a_released_version_sealed_is_bound(release: Release) -> None:
    seals = Seals([release.content["secrets"]["seal_key"]])
    written = {kind: one["message"] for kind, one in release.messages.items()}
    task = msgspec.convert(written["task"], TaskMessage)
    result = msgspec.convert(written["result"], ResultMessage)
    progress = msgspec.convert(written["progress"], ProgressMessage)
    assert task.seal
    assert seals.binds_task(task)
    assert seals.binds(result, task.id)
    assert seals.binds_progress(progress)
    assert not seals.binds(msgspec.structs.replace(result, client="somebody else"), task.id)


def test_every_message_is_among_the_examples_with_every_field_filled() -> None:
    """So that a golden file knows all of it: what is empty, or none, shows nothing."""
    filled = {path for one in examples().values() for path in _filled(one.message)}
    everything = {f"{kind.__name__}.{field.name}" for kind in wire_types() for field in msgspec.structs.fields(kind)}
    assert everything == filled


def _named(kind: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{kind}"}


def _missed(written: Any, read: Any, path: str) -> Iterator[str]:
    """Paths of all that was written and is not in what was read."""
    if isinstance(written, dict):
        for name, value in written.items():
            if not isinstance(read, dict) or name not in read:
                yield f"{path}.{name}"
            else:
                yield from _missed(value, read[name], f"{path}.{name}")
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for index, (one, other) in enumerate(zip(written, read, strict=True)):
            yield from _missed(one, other, f"{path}[{index}]")
    elif written != read:
        yield path


def _filled(message: Any) -> Iterator[str]:
    """``Type.field`` of all that has a value which is neither empty nor the field's default."""
    if isinstance(message, list):
        for one in message:
            yield from _filled(one)
    if not isinstance(message, msgspec.Struct):
        return
    for field in msgspec.structs.fields(message):
        value = getattr(message, field.name)
        if value or (field.required and value is not None):
            yield f"{type(message).__name__}.{field.name}"
        yield from _filled(value)

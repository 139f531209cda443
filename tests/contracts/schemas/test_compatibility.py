"""The rules between two versions of a message: what they let pass, and what they find."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.contracts.schemas import released
from tests.contracts.schemas.compatibility import breaks

Fields = list[Any]
A_COUNT: Fields = [("count", int)]


class Inner(msgspec.Struct):
    count: int


class Wider(msgspec.Struct):
    count: int
    of: str = ""


class Narrower(msgspec.Struct):
    of: str


class Colour(StrEnum):
    RED = "RED"


class Colours(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (A_COUNT, A_COUNT),
        (A_COUNT, [*A_COUNT, ("reader", str, "")]),
        ([("inner", Inner)], [("inner", Wider)]),
        ([("inner", list[Inner])], [("inner", list[Wider])]),
        ([("inner", Inner | None)], [("inner", Wider | None)]),
        ([("inner", dict[str, Inner])], [("inner", dict[str, Wider])]),
    ],
)
def test_fields_with_a_default_may_come(then: Fields, now: Fields) -> None:
    assert _breaks(then, now) == []


@pytest.mark.parametrize(
    ("then", "now", "where"),
    [
        ([*A_COUNT, ("reader", str, "")], A_COUNT, "reader: is gone"),
        (A_COUNT, [*A_COUNT, ("reader", str)], "reader: older messages need not have it"),
        (A_COUNT, [("count", str)], "count: type"),
        (A_COUNT, [("count", int | None)], "count: type"),
        ([("of", str, "")], [("of", str, "all")], "of: default"),
        ([("colour", Colour)], [("colour", Colours)], "colour: enum"),
        ([("colour", Colours)], [("colour", Colour)], "colour: enum"),
        ([("colour", str)], [("colour", Colour)], "colour: "),
        ([("inner", Inner)], [("inner", Narrower)], "inner.count: is gone"),
        ([("inner", list[Inner])], [("inner", list[Narrower])], "inner[].count: is gone"),
        ([("inner", dict[str, Inner])], [("inner", dict[str, Narrower])], "inner[].count: is gone"),
        ([("names", list[str])], [("names", list[int])], "names[]: type"),
    ],
)
def test_what_one_of_two_versions_could_not_read_is_found(then: Fields, now: Fields, where: str) -> None:
    found = _breaks(then, now)
    assert any(one.startswith(where) for one in found), found


def test_a_message_that_takes_no_fields_of_later_versions_is_found() -> None:
    strict = msgspec.defstruct("Message", A_COUNT, forbid_unknown_fields=True)
    assert _breaks_of(strict, strict) == ["the message: fields of a later version are refused"]


def test_a_tagged_version_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(released, "FOLDER", tmp_path)
    monkeypatch.setattr(released, "SUMS", tmp_path / "SHA256SUMS")
    monkeypatch.setattr(released, "is_tagged", lambda version: version == "0.2.0")
    written = released.write("0.3.0")
    assert released.sums() == {"0.3.0.json": released.digest(written)}
    with pytest.raises(ValueError, match="tagged"):
        released.write("0.2.0")
    assert [one.version for one in released.releases()] == ["0.3.0"]


def _breaks(then: Fields, now: Fields) -> list[str]:
    return _breaks_of(msgspec.defstruct("Message", then), msgspec.defstruct("Message", now))


def _breaks_of(then: type[msgspec.Struct], now: type[msgspec.Struct]) -> list[str]:
    (before,), then_types = msgspec.json.schema_components([then])
    (after,), now_types = msgspec.json.schema_components([now])
    return breaks(before, after, then_types, now_types)

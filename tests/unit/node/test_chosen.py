"""Which languages a node serves, by its settings and by what was added and removed."""

from __future__ import annotations

import dataclasses

from node.domain.chosen import Choice, chosen
from tests.builders import CPP, PYTHON

DEFAULT = dataclasses.replace(PYTHON, default=True)
OLD = dataclasses.replace(PYTHON, series="3.11")
EVERY = (CPP, DEFAULT, OLD)


def ids(named: tuple[str, ...] = (), choice: Choice = Choice(), every: tuple[object, ...] = EVERY) -> list[str]:  # noqa: B008
    return [one.id for one in chosen(every, named, choice)]  # type: ignore[arg-type]


def test_the_default_ones_are_served_and_all_where_none_is_said_to_be_one() -> None:
    assert ids() == ["python"]
    assert ids(every=(CPP, OLD)) == ["cpp", "python-3.11"]


def test_settings_name_a_language_with_all_its_series_or_one_of_them() -> None:
    assert ids(("python",)) == ["python", "python-3.11"]
    assert ids(("python-3.11",)) == ["python-3.11"]


def test_what_was_added_and_removed_counts_beyond_the_settings() -> None:
    added = Choice().with_added({"cpp": "a", "python-3.11": "b"})
    assert ids(choice=added) == ["cpp", "python", "python-3.11"]
    removed = added.with_removed(["python", "cpp"])
    assert ids(choice=removed) == ids(("python",), removed) == ["python-3.11"]
    assert ids(choice=removed.with_added({"python": "c"})) == ["python", "python-3.11"]


def test_what_has_another_image_is_told_and_what_is_new_or_the_same_is_not() -> None:
    before = Choice().with_added({"cpp": "a", "python": "b"})
    assert before.with_added({"cpp": "x", "python": "b", "python-3.11": "c"}).renewed_since(before) == {"cpp"}

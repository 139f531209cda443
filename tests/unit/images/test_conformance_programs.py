"""The programs of the conformance suite: complete, and what is left out is left out on purpose."""

from __future__ import annotations

import pytest

from node.infrastructure.languages import load_languages
from sandbox import CONFORMANCE_DIR, LANGUAGES_DIR
from tests.conformance.programs import PLACES, PROGRAMS, about, files_of

LANGUAGES = {one.id: one for one in load_languages(LANGUAGES_DIR)}


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_program_that_is_missing_is_missing_on_purpose(name: str) -> None:
    without = about(LANGUAGES[name]).get("without", {})
    assert set(without) <= {*PROGRAMS, *PLACES}
    assert all(without.values()), "each with its reason"
    for program in PROGRAMS:
        assert bool(files_of(LANGUAGES[name], program)) != (program in without), program


def test_each_folder_of_programs_is_a_languages() -> None:
    assert {path.name for path in CONFORMANCE_DIR.iterdir() if path.is_dir()} <= set(LANGUAGES)

"""What ``make test ARGS=...`` prepares."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.needs import BY_PATH, DATABASES, ENGINE_AND_IMAGES, EVERYTHING, FROM_NPM, PACKAGES, SERVERS, Needs, of_tests

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        ("", EVERYTHING),
        ("-k cancel", EVERYTHING),
        ("tests", EVERYTHING),
        ("tests/unit", PACKAGES),
        ("tests/unit/ -q", PACKAGES),
        ("./tests/unit/node/test_load.py::test_x -x", PACKAGES),
        ("tests/unit/node tests/unit/gateway", PACKAGES),
        ("tests/contracts/gateway", DATABASES),
        ("tests/unit tests/contracts/gateway", DATABASES),
        ("tests/contracts", ENGINE_AND_IMAGES | DATABASES),
        ("tests/contracts/node", ENGINE_AND_IMAGES),
        ("tests/integration/gateway/test_feed.py", SERVERS),
        ("tests/integration/node", SERVERS),
        ("tests/integration/operations", SERVERS),
        ("tests/integration/guarantees/test_order.py", SERVERS),
        ("tests/integration/guarantees", ENGINE_AND_IMAGES),
        ("tests/integration/guarantees/test_late_languages.py", ENGINE_AND_IMAGES),
        ("tests/integration/sandbox", EVERYTHING),
        ("tests/integration", EVERYTHING),
        ("tests/unit tests/e2e", EVERYTHING),
        ("--ignore tests/e2e", EVERYTHING),
        ("--deselect tests/e2e/test_judging.py tests/unit", PACKAGES),
    ],
)
def test_only_what_the_named_tests_need_is_prepared(arguments: str, needs: Needs) -> None:
    assert of_tests(arguments.split()) == needs


def test_a_folder_whose_name_only_begins_alike_needs_everything() -> None:
    assert of_tests(["tests/unittests"]) == EVERYTHING


@pytest.mark.parametrize("path", BY_PATH)
def test_every_path_of_the_table_exists(path: str) -> None:
    assert (REPOSITORY / path).exists()


def test_a_folder_needs_at_least_what_each_file_of_it_does() -> None:
    for path, needs in BY_PATH.items():
        for folder in map(str, Path(path).parents) if path not in FROM_NPM else ():
            assert folder not in BY_PATH or BY_PATH[folder] | needs == BY_PATH[folder]

"""Tests that say again, of more programs or under another runtime, what one of their kind has said. They are marked
``thorough``: left out of a run without ``--thorough``, and all of a run with it."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="the tests that are marked thorough, and only these")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = bool(config.getoption("--thorough"))
    others = [item for item in items if (item.get_closest_marker("thorough") is not None) != wanted]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]

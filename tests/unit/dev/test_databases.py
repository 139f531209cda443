"""The database servers for tests."""

from __future__ import annotations

import pytest

from dev.databases import without_main_cluster


@pytest.mark.parametrize(
    "settings", ["", "#create_main_cluster = true\nstart_conf = 'auto'\n", "create_main_cluster = true\n"]
)
def test_a_new_server_is_told_to_make_no_database_of_its_own(settings: str) -> None:
    lines = without_main_cluster(settings).splitlines()
    assert [line for line in lines if line.startswith("create_main_cluster")] == ["create_main_cluster = false"]
    assert {line for line in settings.splitlines() if "start_conf" in line} <= set(lines)

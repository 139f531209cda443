"""The markers that choose which tests run without NATS, etcd and Docker."""

from __future__ import annotations

import pytest

from tests.servers import fixtures, needs


@pytest.mark.parametrize(
    ("used", "marks"),
    [
        ([], []),
        (["tmp_path", "memory_parts"], []),
        (["shared_nats", "nats_server"], ["servers"]),
        (["docker_engine", "tmp_path"], ["docker"]),
        (["start_stack", "docker_engine"], ["servers", "docker"]),
    ],
)
def test_a_test_needs_what_its_fixtures_start(used: list[str], marks: list[str]) -> None:
    assert needs.needs(used) == marks


def test_every_shared_fixture_that_starts_a_server_marks_its_tests() -> None:
    shared = {name for name in vars(fixtures) if name.startswith(("start_", "shared_")) or name.endswith("_cluster")}
    assert shared
    assert shared <= needs.SERVERS


def test_a_test_of_this_folder_needs_nothing(request: pytest.FixtureRequest) -> None:
    assert {mark.name for mark in request.node.iter_markers()} <= {"asyncio"}

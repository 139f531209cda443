"""The markers that say what a test needs to run: put on by the fixtures it uses, so that nobody has to think of them.

``pytest -m "not servers and not docker"`` runs everywhere.
"""

from __future__ import annotations

from collections.abc import Collection

import pytest

SERVERS = frozenset(
    {"shared_nats", "shared_etcd", "start_nats", "start_etcd", "nats_cluster", "etcd_cluster", "start_stack"}
    | {"common_stack", "judging_stack", "arena", "start_storm"}
)
"""Fixtures that start NATS or etcd."""
DOCKER = frozenset({"docker_engine", "private_engine", "arena"})
"""Fixtures that need a Docker engine."""


def needs(fixtures: Collection[str]) -> list[str]:
    """The markers of a test that uses ``fixtures``, directly or through others."""
    return [mark for mark, names in (("servers", SERVERS), ("docker", DOCKER)) if not names.isdisjoint(fixtures)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in needs(getattr(item, "fixturenames", ())):
            item.add_marker(mark)

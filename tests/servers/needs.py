"""The markers that say what a test needs to run: put on by the fixtures it uses, so that nobody has to think of them.

``--fakes`` leaves out what is marked; ``make unit`` asks for it. A parameter of a fixture that picks a real adapter
bears the marker itself (``tests/contracts/implementations.py``).
"""

from __future__ import annotations

from collections.abc import Collection

import pytest

SERVERS = frozenset(
    {"shared_nats", "shared_etcd", "start_nats", "start_etcd", "nats_cluster", "etcd_cluster", "start_stack"}
    | {"shared_postgres", "shared_mariadb"}
    | {"common_stack", "judging_stack", "arena", "start_storm", "monitored_stack", "judge0_address"}
)
"""Fixtures that start NATS, etcd or a database."""
DOCKER = frozenset({"docker_engine", "private_engine", "arena"})
"""Fixtures that need a Docker engine."""


def needs(fixtures: Collection[str]) -> list[str]:
    """The markers of a test that uses ``fixtures``, directly or through others."""
    return [mark for mark, names in (("servers", SERVERS), ("docker", DOCKER)) if not names.isdisjoint(fixtures)]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fakes", action="store_true", help="only tests that need no servers: contracts on fakes alone")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for mark in needs(getattr(item, "fixturenames", ())):
            item.add_marker(mark)
    if config.getoption("--fakes"):
        left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in ("servers", "docker"))]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]

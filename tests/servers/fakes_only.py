"""``--fakes``: only the tests that need neither servers nor a Docker engine; ``make unit`` asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL = frozenset({"nats", "etcd", "docker"})
"""A contract suite's parameter that stands for the real adapter; ``memory`` and others stand for fakes."""
CONTRACTS = Path(__file__).parents[1] / "contracts"


class NoServers:
    """Fixtures in place of the shared servers: nothing is started, and who asks for one gets none."""

    @pytest.fixture
    def nats_server(self) -> None:
        return None

    @pytest.fixture
    def etcd_server(self) -> None:
        return None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fakes", action="store_true", help="only tests that need no servers: contracts on fakes alone")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fakes"):
        config.pluginmanager.register(NoServers())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--fakes"):
        return
    real = [item for item in items if _is_on_the_real_adapter(item)]
    config.hook.pytest_deselected(items=real)
    items[:] = [item for item in items if item not in real]


def _is_on_the_real_adapter(item: pytest.Item) -> bool:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return item.path.is_relative_to(CONTRACTS) and any(
        isinstance(value, str) and value in REAL for value in parameters.values()
    )

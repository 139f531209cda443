"""The two sides of a contract: every suite runs on the fake and on the real adapter.

A suite has a fixture for each side (``memory_control``, ``nats_control``) and one with their common name that picks::

    @pytest.fixture(params=[MEMORY, NATS])
    def control(request): return picked(request)
"""

from __future__ import annotations

from typing import Any

import pytest

MEMORY = "memory"
NATS = pytest.param("nats", marks=pytest.mark.servers)
SQLITE = "sqlite"
POSTGRES = pytest.param("postgres", marks=pytest.mark.servers)
MARIADB = pytest.param("mariadb", marks=pytest.mark.servers)
ETCD = pytest.param("etcd", marks=pytest.mark.servers)


def picked(request: pytest.FixtureRequest) -> Any:
    """The side that the parameter names: the fixture ``<parameter>_<name of this fixture>``."""
    return request.getfixturevalue(f"{request.param}_{request.fixturename}")

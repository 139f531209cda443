"""One gateway per test, and a client's calls to one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, serving


@pytest.fixture
async def gateway() -> GatewayOnFakes:
    return GatewayOnFakes()


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    async with serving() as calls:
        yield calls

"""One gateway per test."""

from __future__ import annotations

import pytest

from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes


@pytest.fixture
async def gateway() -> GatewayOnFakes:
    return GatewayOnFakes()

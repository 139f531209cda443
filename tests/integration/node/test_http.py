"""Health and metrics over HTTP."""

from __future__ import annotations

import aiohttp
import pytest

from tests.builders import a_task
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode


@pytest.mark.parametrize("path", ["healthz", "readyz", "metrics", "live", "ready", "health", "livez"])
async def test_health_and_metrics_answer(gateway: GatewayStandIn, start_node: StartNode, path: str) -> None:
    node = await start_node()
    await gateway.submit(a_task("t1"))
    await gateway.result("t1")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{node.http.port}/{path}") as response,
    ):
        body = await response.text()
        assert response.status == 200
    if path == "metrics":
        assert 'coderunner_node_tasks_total{language="python",status="SUCCEEDED"} 1.0' in body
        assert "coderunner_node_load_score" in body

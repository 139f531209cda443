"""What is scraped, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.prometheus import PrometheusServer
from tests.servers.stack import Gateway, Node, Stack
from tests.servers.waiting import eventually

LANGUAGES = ["nolang", "otherlang"]
ROUNDS = 2
"""So often each of them has succeeded, failed and been cancelled."""
RULES = Path(__file__).parents[3] / "deploy" / "prometheus"


@dataclass(frozen=True, slots=True)
class Monitored:
    """A stack of one gateway and one node, and the Prometheus that scrapes both."""

    stack: Stack
    gateway: Gateway
    node: Node
    prometheus: PrometheusServer

    @staticmethod
    def prometheus_for(directory: Path, gateway: Gateway, node: Node) -> PrometheusServer:
        """With the jobs and the rules of ``deploy/prometheus``."""
        targets = {
            "coderunner-gateway": [f"127.0.0.1:{gateway.http_port}"],
            "coderunner-node": [f"127.0.0.1:{node.http_port}"],
        }
        return PrometheusServer(directory, targets, sorted(RULES.glob("*.rules.yml")))

    async def series(self, expression: str, within_s: float = 20) -> list[dict[str, Any]]:
        """The series of a query, once there are any. Raises TimeoutError."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = self.prometheus.query(expression)
            return bool(found)

        await eventually(there, within_s)
        return found

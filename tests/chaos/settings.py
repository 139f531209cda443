"""How the gateways and nodes of the fault tests are set, and what those tests may leave behind."""

from __future__ import annotations

from typing import Any

import pytest

LEAKS = pytest.mark.filterwarnings("ignore::ResourceWarning")
"""nats-py drops its socket where the server dies during the handshake; here that is the test's own client."""
GATEWAY: dict[str, Any] = {
    "callback_allowed_networks": ["127.0.0.0/8"],
    "relay_base_s": 0.2,
    "relay_max_s": 5.0,
    "callback_breaker_s": 3.0,
    "reconnect_max_s": 1.0,
    "quota_burst": 1000,
}
NODE: dict[str, Any] = {"reconnect_max_s": 1.0, "heartbeat_s": 1.0, "lease_s": 5}

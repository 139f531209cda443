"""SIGHUP changes what a node logs, while it goes on."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.node_process import ended, node_process
from tests.servers.nats import NatsServer
from tests.servers.waiting import eventually


async def test_the_level_is_read_again_on_sighup(
    gateway: GatewayStandIn, nats_server: NatsServer, tmp_path: Path
) -> None:
    file, log = tmp_path / "node.toml", tmp_path / "node.log"
    file.write_text('log_level = "info"\n', encoding="utf-8")
    process = node_process(nats_server, log, ("-m", "node.main", "--config", str(file)))

    def said(event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["event"] == event]

    try:
        await eventually(lambda: bool(said("node_ready")), 30)
        file.write_text('log_level = "error"\n', encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        await eventually(lambda: bool(said("log_level_set")))
        assert said("log_level_set")[0]["to"] == "error"
        process.terminate()
        assert await ended(process) == 0
        assert said("node_stopped") == []
    finally:
        process.kill()
        process.wait()

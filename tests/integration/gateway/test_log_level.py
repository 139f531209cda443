"""SIGHUP changes what a gateway logs, while it goes on."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.integration.gateway.gateway_process import GatewayProcess
from tests.servers import EtcdServer, NatsServer


def test_the_level_is_read_again_on_sighup_and_a_mistake_in_the_file_changes_nothing(
    nats_server: NatsServer, etcd_server: EtcdServer, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('log_level = "error"\n', encoding="utf-8")
    servers = ["--nats-urls", nats_server.url, "--etcd-endpoints", etcd_server.endpoint]
    gateway = GatewayProcess("--config", str(file), *servers)
    try:
        gateway.wait_parts(running=True, bus=True, streams=True, nodes=True)
        file.write_text('log_level = "debug"\n', encoding="utf-8")
        gateway.process.send_signal(signal.SIGHUP)
        changed = gateway.wait_for("log_level_set")
        assert (changed["to"], changed["kind"]) == ("debug", "audit")
        assert gateway.lines == gateway.lines[-1:]  # at level error it had nothing to say
        gateway.get("/live")
        assert gateway.wait_for("http_request")["kind"] == "access"
        file.write_text('log_levle = "info"\n', encoding="utf-8")
        gateway.process.send_signal(signal.SIGHUP)
        refused = gateway.wait_for("settings_not_read")
        assert "log_levle" in refused["error"]
        assert gateway.get("/ready")[0] == 200
        gateway.get("/live")
        gateway.wait_for("http_request")
    finally:
        gateway.close()

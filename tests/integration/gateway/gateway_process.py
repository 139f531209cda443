"""The gateway as a process of its own, on free ports."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.servers.ports import free_port

REPOSITORY = Path(__file__).parents[3]
SERVING = health_pb2.HealthCheckResponse.SERVING


class GatewayProcess:
    """``python -m broker_gateway.main`` on free ports."""

    def __init__(self, *flags: str, grpc_port: int = 0) -> None:
        self.grpc_port, self.http_port = grpc_port or free_port(), free_port()
        command = [sys.executable, "-m", "broker_gateway.main", *flags]
        command += ["--grpc-address", f"127.0.0.1:{self.grpc_port}", "--http-address", f"127.0.0.1:{self.http_port}"]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, env=clean_environment())
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}")
        self.lines: list[str] = []

    def wait_for(self, event: str) -> dict[str, Any]:
        """The first log line that says it."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.decode())
            if f'"event":"{event}"' in self.lines[-1]:
                said: dict[str, Any] = json.loads(line)
                return said
        raise AssertionError(f"it ended without saying {event!r}:\n{''.join(self.lines)}")

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        status, body = answer.status, answer.read().decode()
        connection.close()
        return status, body

    def wait_parts(self, **wanted: bool) -> None:
        """Until ``/readyz`` says so."""
        deadline = time.monotonic() + 20
        while True:
            try:
                parts = json.loads(self.get("/readyz")[1])["parts"]
            except OSError:
                parts = {}
            if wanted.items() <= parts.items():
                return
            assert time.monotonic() < deadline, (wanted, parts)
            time.sleep(0.02)

    def wait_metric(self, line: str) -> None:
        deadline = time.monotonic() + 20
        while line not in self.get("/metrics")[1]:
            assert time.monotonic() < deadline, line
            time.sleep(0.02)

    def wait_serving(self) -> None:
        """Until its health service, which tells every change, says so."""
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=20)
        assert any(change.status == SERVING for change in watch)
        watch.cancel()

    def health(self) -> int:
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        return int(stub.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=10).status)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.communicate()


def clean_environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CODERUNNER_")}

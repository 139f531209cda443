"""Prometheus, as Debian packages it."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dev.prometheus import prometheus_program
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess

SCRAPE_EVERY_MS = 250


class PrometheusServer(ServerProcess):
    """On a free port; scrapes the targets as soon as they are there, and evaluates the rules as often."""

    def __init__(self, directory: Path, targets: Mapping[str, Sequence[str]], rules: Sequence[Path] = ()) -> None:
        """``targets``: job to addresses, ``host:port`` each."""
        self.port = free_port()
        every = f"{SCRAPE_EVERY_MS}ms"
        config = {
            "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
                for job, addresses in targets.items()
            ],
        }
        file = directory / "prometheus.yml"
        file.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        data = directory / "prometheus-data"
        shutil.rmtree(data, ignore_errors=True)
        command = [
            *(str(prometheus_program("prometheus")), f"--config.file={file}", f"--storage.tsdb.path={data}"),
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        super().__init__("prometheus", command, directory / "prometheus.log")

    def is_ready(self) -> bool:
        return self._get("/-/ready")[0] == http.HTTPStatus.OK

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an instant query: ``metric`` and ``value`` each. Raises ValueError with what is wrong with
        it."""
        return list(self._asked("/api/v1/query", query=expression)["result"])

    def query_range(self, expression: str, start_s: float, end_s: float, step_s: float) -> list[dict[str, Any]]:
        """The series of a range query: ``metric`` and ``values`` each."""
        asked = self._asked("/api/v1/query_range", query=expression, start=start_s, end=end_s, step=step_s)
        return list(asked["result"])

    def targets(self) -> list[dict[str, Any]]:
        """What it scrapes: ``scrapePool``, ``health``, ``lastError`` and more of each."""
        return list(self._asked("/api/v1/targets")["activeTargets"])

    def rules(self) -> list[dict[str, Any]]:
        """The rules that it evaluates, with ``name``, ``health`` and ``lastError``."""
        return [rule for group in self._asked("/api/v1/rules")["groups"] for rule in group["rules"]]

    def _asked(self, path: str, **parameters: str | float) -> dict[str, Any]:
        _, body = self._get(f"{path}?{urlencode(parameters)}")
        answer = json.loads(body)
        if answer["status"] != "success":
            raise ValueError(answer["error"])
        return dict(answer["data"])

    def _get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()


def promtool(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """What ``promtool`` says, however it ends."""
    command = [str(prometheus_program("promtool")), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)

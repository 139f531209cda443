"""A picture of what the overview dashboard asks for, from the real answers of a real Prometheus.

``python -m bench.dashboards [--seconds 150]``: a gateway and a node with real sandboxes are at work for so long; then
the queries of ``deploy/grafana/overview.json`` are asked for that time, and drawn into ``bench/results/overview.png``.
It is no picture of Grafana, which draws the same figures in its own way.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.figures import RESULTS
from coderunner import Client, InvalidTask
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.integration.monitoring.monitored import Monitored
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.prometheus import PrometheusServer
from tests.servers.stack import Stack

mpl.use("Agg")
import matplotlib.pyplot as plt

OVERVIEW = Path(__file__).parents[1] / "deploy" / "grafana" / "overview.json"
LANGUAGES = ["python", "bash"]
PROGRAMS = {
    "python": ["print(sum(i * i for i in range(200_000)))", "import json; print(json.dumps({'a': 1}))", "1 / 0"],
    "bash": ["for i in $(seq 50); do echo $i; done", "echo hello | tr a-z A-Z", "exit 3"],
}
COLUMNS = 3
RATE_INTERVAL = "15s"
"""The picture spans minutes, where a dashboard spans hours."""


async def work(client: Client, callback: str, seconds: float) -> None:
    """A steady stream of programs, and a burst in the middle."""
    chosen, began = random.Random(7), time.monotonic()
    async with asyncio.TaskGroup() as group:
        while (passed := time.monotonic() - began) < seconds:
            is_burst = 0.4 < passed / seconds < 0.6
            group.create_task(one(client, chosen, callback))
            await asyncio.sleep(0.02 if is_burst else 0.2)


async def one(client: Client, chosen: random.Random, callback: str) -> None:
    language = chosen.choice(LANGUAGES)
    await client.run(
        language,
        chosen.choice(PROGRAMS[language]) + "\n" * chosen.randrange(100),
        priority=chosen.choice(["HIGH", "NORMAL", "NORMAL", "LOW"]),
        callback=callback if chosen.random() < 0.3 else None,
    )
    if chosen.random() < 0.05:
        with contextlib.suppress(InvalidTask):  # refusals are figures too
            await client.submit(language, {})


def draw(prometheus: PrometheusServer, start_s: float, end_s: float) -> Path:
    """The file with the picture."""
    panels = [one for one in json.loads(OVERVIEW.read_text(encoding="utf-8"))["panels"] if one["type"] == "timeseries"]
    rows = math.ceil(len(panels) / COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(6 * COLUMNS, 2.9 * rows))
    for axes, panel in zip(grid.flat, panels, strict=False):
        draw_panel(axes, panel, prometheus, (start_s, end_s))
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    figure.suptitle(
        "The overview dashboard's queries, drawn by matplotlib, not by Grafana; the x axis has seconds", y=1
    )
    figure.tight_layout()
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "overview.png"
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path


def draw_panel(axes: Any, panel: dict[str, Any], prometheus: PrometheusServer, span_s: tuple[float, float]) -> None:
    for target in panel["targets"]:
        asked = target["expr"].replace("$__rate_interval", RATE_INTERVAL)
        for series in prometheus.query_range(asked, *span_s, 1.0):
            points = [(float(at) - span_s[0], float(value)) for at, value in series["values"]]
            seen = [(at, value) for at, value in points if math.isfinite(value)]
            label = named(target["legendFormat"], series["metric"])
            axes.plot([at for at, _ in seen], [value for _, value in seen], label=label, linewidth=1)
    unit = panel["fieldConfig"]["defaults"]["unit"]
    axes.set_title(panel["title"] + (f" ({unit})" if unit != "short" else ""), fontsize=9, loc="left")
    if panel["fieldConfig"]["defaults"]["custom"]["scaleDistribution"]["type"] == "log":
        axes.set_yscale("log")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.lines:
        axes.legend(fontsize=6, loc="upper left", ncols=2, frameon=False)


def named(legend: str, labels: dict[str, str]) -> str:
    for name, value in labels.items():
        legend = legend.replace(f"{{{{{name}}}}}", value)
    return legend


async def observe(stack: Stack, prometheus: PrometheusServer, seconds: float) -> Path:
    await stack.wait_served(*LANGUAGES)
    start_s = time.time()
    async with CallbackEndpoint() as endpoint, stack.client() as client:
        await work(client, endpoint.url, seconds)
    return draw(prometheus, start_s, time.time())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=150.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stack = Stack(folder, NatsServer(folder, roles=True), EtcdServer(folder))
        prometheus: PrometheusServer | None = None
        try:
            for server in (*stack.nats.members, *stack.etcd.members):
                server.start()
            gateway = stack.add_gateway(
                history_url=f"sqlite:///{folder}/history.db",
                history_migrate=True,
                callback_allowed_networks=["127.0.0.0/8"],
                queue_limit=10_000,
            )
            node = stack.add_node(languages=LANGUAGES, concurrency=2)
            prometheus = Monitored.prometheus_for(folder, gateway, node)
            prometheus.start()
            print(asyncio.run(observe(stack, prometheus, seconds)))
        finally:
            if prometheus is not None:
                prometheus.stop()
            stack.close()


if __name__ == "__main__":
    main()

"""The measurement that needs no sandbox images works, from the callers to the results; how fast is not judged."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.figures import RESULTS
from tests.servers.nats import REPOSITORY


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=180, check=False)


def test_the_dispatch_bench_measures_every_way_and_depth_and_writes_nothing() -> None:
    kept = RESULTS / "dispatch.json"
    before = kept.stat().st_mtime_ns if kept.exists() else None
    done = bench("dispatch", "--quick")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line[:1].isdigit()]
    rates, depths, idle = rows[:5], rows[5:7], rows[7:]
    assert [row[2] for row in rates] == ["batch", "accept", "submit", "execute", "alone"]
    assert all(int(row[3]) > 0 for row in rates)
    assert [row[0] for row in depths] == ["500", "1000"]
    assert [row[0] for row in idle] == ["2"]
    assert (kept.stat().st_mtime_ns if kept.exists() else None) == before


def test_a_measurement_that_does_not_exist_is_refused() -> None:
    done = bench("latencies", "--quick")
    assert done.returncode == 2
    assert "no such measurement: latencies" in done.stderr


def test_the_kept_dispatch_figures_are_whole() -> None:
    figures = json.loads((RESULTS / "dispatch.json").read_text(encoding="utf-8"))
    assert {row["nodes"] for row in figures["rates"]} == {1, 8, 64}
    assert [row["queued"] for row in figures["depths"]] == [1_000, 10_000, 100_000, 1_000]
    assert [row["nodes"] for row in figures["idle"]] == [100, 300, 1_000]

"""The latency table as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from bench.figures import RESULTS


def latency_plot(rows: Sequence[dict[str, Any]]) -> None:
    """Bars on a logarithmic axis: bare toolchain and ours, medians; a whisker up to our p99."""
    names = [row["program"] for row in rows]
    places = range(len(rows))
    figure, axes = plt.subplots(figsize=(9, 4.2))
    axes.barh(
        [at + 0.2 for at in places], [row["bare_p50_ms"] for row in rows], 0.36, label="bare toolchain", color="#b8bfc9"
    )
    ours = [row["ours_p50_ms"] for row in rows]
    whiskers = [[0.0] * len(rows), [max(0.0, row["p99_ms"] - row["ours_p50_ms"]) for row in rows]]
    axes.barh(
        [at - 0.2 for at in places],
        ours,
        0.36,
        xerr=whiskers,
        label="CodeRunner, end to end (whisker: p99)",
        color="#2f6fde",
    )
    for at, row in zip(places, rows, strict=True):
        axes.text(
            row["p99_ms"] * 1.08, at - 0.2, f"{row['ours_p50_ms']:g} ms  ({row['ratio']:g}x)", va="center", fontsize=8
        )
        axes.text(row["bare_p50_ms"] * 1.08, at + 0.2, f"{row['bare_p50_ms']:g} ms", va="center", fontsize=8)
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(1, max(row["bare_p50_ms"] for row in rows) * 6)
    axes.set_xlabel("milliseconds, median, a new source every time")
    axes.legend(loc="upper right", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    RESULTS.mkdir(exist_ok=True)
    figure.savefig(RESULTS / "latency.png", dpi=130)
    plt.close(figure)

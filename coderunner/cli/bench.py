"""``coderunner bench``: a small load test against a gateway."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from coderunner.cli import exit_codes
from coderunner.cli.output import print_json, print_notice
from coderunner.cli.programs import LANGUAGES, hello
from coderunner.cli.session import Address, against
from coderunner.cli.tables import milliseconds, table
from coderunner.errors import CodeRunnerError

if TYPE_CHECKING:
    from coderunner.client import Client


@dataclass(slots=True)
class _Tally:
    """The end-to-end times of the runs that succeeded, and a count of the other outcomes."""

    times_ms: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


@click.command(short_help="A small load test.")
@click.option("--language", "-l", default="python", type=click.Choice(LANGUAGES), show_default=True)
@click.option("--concurrency", "-c", type=click.IntRange(1, 1000), default=4, show_default=True, metavar="N")
@click.option(
    "--count", "-n", type=click.IntRange(1), default=100, show_default=True, metavar="N", help="Programs in all."
)
@click.option("--json", "as_object", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def bench(address: Address, language: str, concurrency: int, count: int, as_object: bool) -> int:
    """Run COUNT small programs, CONCURRENCY at a time, each with a new source, and print the end-to-end times."""
    tally = against(address, lambda client: _load(client, language, concurrency, count))
    figures = _figures(tally, language, concurrency, count)
    if as_object:
        print_json(figures)
    else:
        header = ("language", "concurrency", "count", "p50 ms", "p95 ms", "p99 ms", "per second")
        row = [_cell(figures[name]) for name in list(figures)[: len(header)]]
        click.echo(table(header, [row], right=header[1:]))
    for outcome, times in sorted(tally.outcomes.items()):
        print_notice(f"{times} of {count}: {outcome}")
    return exit_codes.FAILED if tally.outcomes else exit_codes.OK


async def _load(client: Client, language: str, concurrency: int, count: int) -> _Tally:
    tally = _Tally()
    tags = iter([f"{time.time_ns()}-{number}" for number in range(count)])
    await client.languages()  # the connection is not what is measured
    began = time.perf_counter()
    async with asyncio.TaskGroup() as callers:
        for _ in range(min(concurrency, count)):
            callers.create_task(_caller(client, language, tags, tally))
    tally.seconds = time.perf_counter() - began
    return tally


async def _caller(client: Client, language: str, tags: Iterator[str], tally: _Tally) -> None:
    for tag in tags:
        source = hello(language, tag) or ""
        began = time.perf_counter()
        try:
            execution = await client.run(language, source)
        except CodeRunnerError as error:
            tally.outcomes[str(error)] += 1
            continue
        if execution.status == "SUCCEEDED":
            tally.times_ms.append((time.perf_counter() - began) * 1000)
        else:
            tally.outcomes[f"{execution.status} {execution.error}".strip()] += 1


def _figures(tally: _Tally, language: str, concurrency: int, count: int) -> dict[str, object]:
    times = sorted(tally.times_ms)
    return {
        "language": language,
        "concurrency": concurrency,
        "count": count,
        "p50_ms": _percentile(times, 50),
        "p95_ms": _percentile(times, 95),
        "p99_ms": _percentile(times, 99),
        "per_s": len(times) / tally.seconds,
        "failed": sum(tally.outcomes.values()),
    }


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def _cell(figure: object) -> str:
    if figure is None:
        return "-"
    return milliseconds(figure) if isinstance(figure, float) else str(figure)

"""A day's load against the chart's rule of autoscaling: ``python -m bench.autoscale [--quick]``.

**A simulation**: no node runs, no cluster is asked. It writes ``bench/results/autoscale.json``; the same seed gives the
same figures. Beside the chart's rule: the backlog alone with Kubernetes' own pace, and fleets that do not change.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from bench.autoscale.day import DAY_S, Day
from bench.autoscale.rule import Autoscaler, Pace, Rule, chart_rule
from bench.autoscale.simulation import Decide, Figures, Plant, Trace, simulate
from bench.figures import save, table
from broker_gateway.infrastructure.settings import GatewaySettings

SEED = 20
STARTS_S = (30, 90, 240)
"""Until a node takes its first task: its pod alone; with the sandbox images; with a new machine of the cloud's."""


@dataclass(frozen=True, slots=True)
class Row:
    """One day."""

    rule: str
    node_start_s: int
    node_hours: int
    most_nodes: int
    wait_p50_s: int
    wait_p99_s: int
    wait_max_s: int
    refused_percent: float
    burst_wait_max_s: int
    burst_over_after_s: int
    """From the burst's beginning until the last task, within three hours, that waited longer than the target."""


def backlog_alone(rule: Rule) -> Rule:
    """One figure, and what Kubernetes does where nothing is said about the pace."""
    window = rule.down.window_s
    return replace(rule, running_target=None, up=Pace(0, 100, 15, 4), down=Pace(window, 100, 15))


def row(name: str, trace: Trace, plant: Plant, day: Day, target_s: float) -> Row:
    """The figures of a day."""
    begun = sum(trace.waits.values())
    after = trace.waits_from[day.burst_at_s : day.burst_at_s + 3 * 3600]
    late = [second for second, wait in enumerate(after) if wait > target_s]
    return Row(
        name,
        plant.node_start_s,
        round(sum(trace.nodes) / 3600),
        max(trace.nodes),
        percentile(trace.waits, 50),
        percentile(trace.waits, 99),
        max(trace.waits),
        round(100 * trace.refused / (begun + trace.refused), 2),
        max(after),
        late[-1] + 1 if late else 0,
    )


def percentile(waits: Counter[int], p: int) -> int:
    """The nearest-rank percentile of values that are counted."""
    rank, seen = sum(waits.values()) * p / 100, 0
    for value in sorted(waits):
        seen += waits[value]
        if seen >= rank:
            return value
    raise ValueError("no values")


def fixed(_second: int, replicas: int, _ready: int, _figures: Figures) -> int:
    """A fleet that stays as it is."""
    return replicas


def by(rule: Rule) -> Decide:
    """A new autoscaler's decisions."""
    scaler = Autoscaler(rule)
    return lambda second, replicas, ready, figures: scaler.decide(
        second, replicas, ready, figures.backlog_s, figures.running
    )


def rows(arrivals: Sequence[int], day: Day, rule: Rule, starts_s: Sequence[int]) -> list[Row]:
    """Every rule with each start time, and two fixed fleets: for the evening, and as large as the rule may make it."""
    usual = Plant(queue_limit=GatewaySettings.model_fields["queue_limit"].default)
    found = []
    for start_s in starts_s:
        plant = replace(usual, node_start_s=start_s)
        for name, tried in (("chart", rule), ("backlog alone", backlog_alone(rule))):
            trace = simulate(arrivals, plant, enough_for(day.rate(0), plant), by(tried))
            found.append(row(name, trace, plant, day, rule.backlog_target_s))
    for nodes in (enough_for(day.evening, usual), rule.max_nodes):
        trace = simulate(arrivals, usual, nodes, fixed)
        found.append(row(f"{nodes} nodes, fixed", trace, usual, day, rule.backlog_target_s))
    return found


def enough_for(rate: float, plant: Plant) -> int:
    """Nodes of which four fifths are busy at this rate."""
    return -int(-rate / plant.per_node / 0.8 // 1)


def main(quick: bool) -> None:
    day, rule = Day(), chart_rule()
    starts_s = STARTS_S[:1] if quick else STARTS_S
    arrivals = day.arrivals(SEED, day.burst_at_s + 4 * 3600 if quick else DAY_S)
    found = [asdict(one) for one in rows(arrivals, day, rule, starts_s)]
    print("A simulation: nothing was run.")
    print(table(list(found[0]), [[str(value) for value in one.values()] for one in found]))
    if not quick:
        content = {"simulation": True, "seed": SEED, "tasks": sum(arrivals), "day": asdict(day), "rule": asdict(rule)}
        save("autoscale.json", {**content, "plant": asdict(Plant()), "rows": found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="part of a day, one start time; writes nothing")
    main(parser.parse_args().quick)

"""The simulated day: its rule is the chart's, and its arithmetic that of Kubernetes."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import pytest
import yaml

from bench.autoscale.__main__ import backlog_alone, by, enough_for, fixed, percentile, rows
from bench.autoscale.day import Day
from bench.autoscale.rule import CHART_VALUES, SYNC_S, Autoscaler, Pace, Rule, chart_rule, wanted
from bench.autoscale.simulation import RATE_S, SCRAPE_S, Figures, Plant, simulate
from dev.paths import REPOSITORY

PROMETHEUS = REPOSITORY / "deploy" / "prometheus"
RULE = Rule(2, 40, Pace(0, 100, 60, 4), Pace(600, 10, 60), 5.0, 0.7)
AN_HOUR = 3600


def asked(scaler: Autoscaler, at: int, current: int, backlog_s: float = 0.0, running: float = 0.7) -> int:
    """What it decides where all nodes are ready."""
    return scaler.decide(at, current, current, backlog_s, running)


def test_the_rule_is_what_the_charts_values_say() -> None:
    scaling = yaml.safe_load(CHART_VALUES.read_text(encoding="utf-8"))["node"]["autoscaling"]
    rule = chart_rule()
    assert (rule.min_nodes, rule.max_nodes) == (scaling["minReplicas"], scaling["maxReplicas"])
    assert rule.backlog_target_s == scaling["prometheus"]["backlogSeconds"]
    assert rule.running_target == scaling["prometheus"]["runningRatio"]
    assert rule.down.window_s == scaling["scaleDown"]["stabilizationWindowSeconds"]
    assert (rule.up.pods, rule.down.pods) == (scaling["scaleUp"]["pods"], 0)


def test_prometheus_looks_as_often_and_as_far_back_as_its_configuration_says() -> None:
    settings = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))["global"]
    assert settings == {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"}
    rules = (PROMETHEUS / "recording.rules.yml").read_text(encoding="utf-8")
    assert "pool:coderunner_queue_length:sum / (pool:coderunner_deliveries:rate5m > 0)" in rules
    assert RATE_S == 5 * 60


@pytest.mark.parametrize(
    ("figure", "ready", "nodes"), [(5.0, 4, 6), (5.49, 4, 6), (10.0, 4, 8), (10.1, 4, 9), (2.5, 4, 2), (0.0, 4, 0)]
)
def test_a_figure_asks_for_the_ready_nodes_times_itself_over_its_target_and_nothing_within_a_tenth(
    figure: float, ready: int, nodes: int
) -> None:
    assert wanted(figure, 5.0, ready, current=6) == nodes


def test_the_figure_that_asks_for_most_counts_and_the_bounds_hold() -> None:
    assert asked(Autoscaler(RULE), 0, 4, backlog_s=7.5) == 6
    assert asked(Autoscaler(RULE), 0, 4, running=1.0) == 6
    assert asked(Autoscaler(replace(RULE, max_nodes=5)), 0, 4, backlog_s=100.0) == 5
    assert asked(Autoscaler(replace(RULE, running_target=None)), 0, 4, running=1.0) == 4


def test_up_it_doubles_or_adds_its_number_within_a_period_and_no_more() -> None:
    scaler = Autoscaler(RULE)
    assert asked(scaler, 0, 2, backlog_s=500.0) == 6
    assert asked(scaler, 15, 6, backlog_s=500.0) == 6
    assert asked(scaler, 60, 6, backlog_s=500.0) == 12


def test_what_there_was_at_its_start_stays_for_the_window() -> None:
    scaler = Autoscaler(RULE)
    assert {asked(scaler, at, 8, running=0.0) for at in range(0, 600, SYNC_S)} == {8}


def test_down_it_goes_only_after_its_window_and_by_a_tenth_in_each_period() -> None:
    scaler, nodes, at = Autoscaler(RULE), 20, 0
    assert asked(scaler, at, nodes, running=0.7) == 20
    for at in range(SYNC_S, 600, SYNC_S):
        assert asked(scaler, at, nodes, running=0.1) == 20
    assert asked(scaler, at + SYNC_S, nodes, running=0.1) == 18
    assert asked(scaler, at + 2 * SYNC_S, 18, running=0.1) == 18
    assert asked(scaler, at + SYNC_S + 60, 18, running=0.1) == 16


def test_tasks_are_begun_in_their_order_as_fast_as_nodes_can_and_counted_by_how_long_they_waited() -> None:
    plant = Plant(task_s=1.0, loops=1)
    trace = simulate([3, 0, 0, 0], plant, first_nodes=1, decide=fixed)
    assert trace.waits == Counter({0: 1, 1: 1, 2: 1})
    assert (trace.waits_from, trace.refused, trace.nodes) == ([0, 1, 2, 0], 0, [1, 1, 1, 1])


def test_what_finds_the_queue_full_is_refused() -> None:
    trace = simulate([5, 0], Plant(task_s=1.0, loops=1, queue_limit=3), first_nodes=1, decide=fixed)
    assert (trace.refused, sum(trace.waits.values())) == (2, 2)


def test_a_new_node_takes_nothing_until_it_has_started_and_is_paid_for_from_the_first() -> None:
    plant = Plant(task_s=1.0, loops=1, node_start_s=60)
    trace = simulate([2] * 200, plant, first_nodes=1, decide=lambda *_: 2)
    begun_at_twice_the_pace = SYNC_S - 1 + 60
    assert trace.nodes[SYNC_S : SYNC_S + 1] == [2]
    assert trace.waits_from[begun_at_twice_the_pace - 20] < trace.waits_from[-1]
    assert trace.waits_from[begun_at_twice_the_pace:] == [trace.waits_from[-1]] * (200 - begun_at_twice_the_pace)


def test_who_decides_sees_the_figures_of_the_look_before() -> None:
    seen: list[Figures] = []

    def watching(_second: int, replicas: int, _ready: int, figures: Figures) -> int:
        seen.append(figures)
        return replicas

    simulate([4] * 45, Plant(task_s=1.0, loops=2), first_nodes=1, decide=watching)
    assert [(round(one.backlog_s, 1), one.running) for one in seen] == [(0.0, 0.0), (15.0, 1.0), (30.0, 1.0)]


def test_the_day_has_its_burst_and_is_the_same_for_the_same_seed() -> None:
    day = Day()
    rates = [day.rate(second) for second in range(0, 24 * AN_HOUR, 60)]
    assert max(rates) == pytest.approx(day.rate(day.burst_at_s + day.burst_rise_s))
    assert day.rate(day.burst_at_s - 1) < day.burst
    first = day.arrivals(1, AN_HOUR)
    assert first == day.arrivals(1, AN_HOUR) != day.arrivals(2, AN_HOUR)
    assert sum(first) == pytest.approx(sum(map(day.rate, range(AN_HOUR))), rel=0.03)


def test_the_backlog_alone_takes_nodes_away_while_they_are_all_needed() -> None:
    """Nothing waits where there are enough nodes, and half an hour later that is taken for: none is needed."""
    arrivals, plant, enough = [12] * (2 * AN_HOUR), Plant(), enough_for(12.0, Plant())
    rule = chart_rule()
    alone = simulate(arrivals, plant, enough, by(backlog_alone(rule)))
    both = simulate(arrivals, plant, enough, by(rule))
    assert min(alone.nodes) == rule.min_nodes
    assert min(both.nodes) * plant.per_node > 12
    assert max(alone.waits) > 10 * max(1, *both.waits)


def test_the_charts_rule_outlasts_the_burst_cheaper_than_a_fleet_for_it() -> None:
    day, rule = Day(burst_at_s=AN_HOUR, busiest_s=7 * AN_HOUR), chart_rule()
    found = {(one.rule, one.node_start_s): one for one in rows(day.arrivals(3, 5 * AN_HOUR), day, rule, [90])}
    chart, large = found["chart", 90], found[f"{rule.max_nodes} nodes, fixed", 90]
    assert chart.node_hours < 0.85 * large.node_hours
    assert chart.wait_p99_s <= rule.backlog_target_s
    assert 0 < chart.burst_over_after_s < 900


def test_percentiles_are_those_of_the_values_that_are_counted() -> None:
    counted = Counter({0: 98, 7: 1, 9: 1})
    plain = sorted(itertools.chain.from_iterable([value] * number for value, number in counted.items()))
    assert [percentile(counted, p) for p in (50, 99, 100)] == [plain[49], plain[98], plain[99]] == [0, 7, 9]

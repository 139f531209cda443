"""What becomes of callbacks is counted by outcome, and how late they are taken."""

from __future__ import annotations

import pytest

from broker_gateway.domain.callback_attempts import AttemptPolicy
from broker_gateway.infrastructure.metrics import Metrics
from schemas.execution import ResultMessage
from tests.builders import SUBMITTED_AT_MS, a_result
from tests.fakes.callbacks import refused
from tests.unit.gateway.relay_on_fakes import delivery, running_relay


def finished_ms(result: ResultMessage) -> int:
    return result.execution.finished_at_ms or SUBMITTED_AT_MS


FINISHED_MS = finished_ms(a_result("t1", "http://h/"))
GIVE_UP_MS = AttemptPolicy().give_up_ms


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("failures", "waited_ms", "outcome"),
    [
        ([], 2_500, "delivered"),
        ([refused()], 2_500, "failed"),
        ([refused("410", permanent=True)], 2_500, "given_up"),
        ([refused("it rests", was_made=False, retry_after_s=8)], 2_500, "not_called"),
        ([refused("it rests", was_made=False, retry_after_s=8)], GIVE_UP_MS, "given_up"),
    ],
)
async def test_each_try_counts_as_one_outcome_and_only_what_was_taken_has_a_lag(
    failures: list[Exception], waited_ms: int, outcome: str
) -> None:
    metrics = Metrics()
    async with running_relay(count=metrics.count_callback) as setup:
        setup.now_ms = FINISHED_MS + waited_ms
        setup.transport.answers["http://h/"] = failures
        await setup.settled(delivery())
        await setup.until(lambda: value(metrics, "coderunner_callbacks_total", outcome=outcome) == 1)
    others = {"delivered", "failed", "given_up", "not_called"} - {outcome}
    assert sum(value(metrics, "coderunner_callbacks_total", outcome=other) for other in others) == 0
    taken = outcome == "delivered"
    assert value(metrics, "coderunner_callback_lag_seconds_count") == taken
    assert value(metrics, "coderunner_callback_lag_seconds_sum") == (2.5 if taken else 0)


async def test_the_lag_of_what_was_tried_again_has_all_its_pauses() -> None:
    metrics = Metrics()
    async with running_relay(count=metrics.count_callback) as setup:
        setup.transport.answers["http://h/"] = [refused()]
        setup.now_ms = FINISHED_MS
        await setup.settled(delivery())
        setup.now_ms = FINISHED_MS + 3_600_000
        await setup.settled(delivery(attempt=2))
        await setup.until(lambda: value(metrics, "coderunner_callback_lag_seconds_count") == 1)
    assert value(metrics, "coderunner_callback_lag_seconds_sum") == 3_600

"""How long results stay, and for how long their callbacks are tried, with a history and without."""

from __future__ import annotations

import pytest

from broker_gateway.infrastructure import policies
from broker_gateway.infrastructure.settings import GatewaySettings
from schemas import names, topology

HISTORY = ("--result-age-s", "60", "--event-age-s", "60")


def ages_s(limits: topology.BusLimits) -> dict[str, float]:
    return {stream["name"]: stream["max_age"] / 1e9 for stream in topology.streams(limits)}


def test_without_a_history_the_bus_ages_out_and_callbacks_end_before() -> None:
    found = policies.of(GatewaySettings.load([*HISTORY]))
    assert ages_s(found.streams)[names.STREAM_RESULTS] == ages_s(found.streams)[names.STREAM_EVENTS] == 60
    assert found.relay.attempts.give_up_ms == 54_000


def test_with_a_history_nothing_ages_out_unrecorded_and_callbacks_are_tried_for_as_long_as_they_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CODERUNNER_GATEWAY_HISTORY_URL", "sqlite:///history.db")
    found = policies.of(GatewaySettings.load([*HISTORY]))
    ages = ages_s(found.streams)
    assert (ages[names.STREAM_RESULTS], ages[names.STREAM_EVENTS]) == (0, 0)
    assert found.relay.attempts.give_up_ms == 12 * 3600 * 1000
    assert ages[names.STREAM_CALLBACKS] >= 12 * 3600

"""The time as the gateway tells it."""

from __future__ import annotations

import time

import pytest

from broker_gateway.application.clock import wall_clock_ms


def test_the_wall_clock_counts_whole_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_123_999_999)
    assert wall_clock_ms() == 1_700_000_000_123

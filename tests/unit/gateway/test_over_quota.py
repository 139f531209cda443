"""Every refusal because of a quota is told, with the quota."""

from __future__ import annotations

import pytest

from broker_gateway.application.quota_book import QuotaBook
from broker_gateway.domain.quota import CallPolicy, Quota, QuotaPolicy
from broker_gateway.interfaces.call_bounds import READS, WAITING, CallBounds
from tests.fakes.memory_bus import MemoryTaskEvents


@pytest.mark.parametrize(
    ("policy", "quota"),
    [
        (QuotaPolicy(rate_per_s=0.001, burst=1), Quota.RATE),
        (QuotaPolicy(concurrent=1), Quota.CONCURRENT),
        (QuotaPolicy(stored_bytes=10), Quota.STORED),
    ],
)
def test_a_task_over_a_quota_is_told_once(policy: QuotaPolicy, quota: Quota) -> None:
    told: list[Quota] = []
    book = QuotaBook(policy=policy, events=MemoryTaskEvents(), now_ms=lambda: 0, on_refused=told.append)
    assert book.admit("blog", "t1") is None
    book.stored("blog", 10)
    assert told == []
    assert book.admit("blog", "t2") is not None
    assert told == [quota]


@pytest.mark.parametrize(
    ("policy", "method", "quota"),
    [
        (CallPolicy(reads_per_s=0.001, read_burst=1), min(READS), Quota.READS),
        (CallPolicy(reads_per_s=0, open_calls=1), min(WAITING), Quota.OPEN_CALLS),
    ],
)
def test_a_call_over_a_quota_is_told_once(policy: CallPolicy, method: str, quota: Quota) -> None:
    told: list[Quota] = []
    bounds = CallBounds(policy, lambda: 0, on_refused=told.append)
    assert bounds.enter(method) is None
    assert told == []
    assert bounds.enter(method) is not None
    assert told == [quota]

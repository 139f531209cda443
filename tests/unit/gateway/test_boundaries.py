"""Limits of the domain at the very value where they turn."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from broker_gateway.application.commands import Invalid
from broker_gateway.application.paging import page_size
from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.client_node import ClientNode
from broker_gateway.domain.draft import DraftCase
from broker_gateway.domain.execution_task import cancelled
from broker_gateway.domain.idempotency_key import RECENT_MS, is_recent
from broker_gateway.domain.judging import CaseRules
from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.quota import ClientQuota, QuotaPolicy, TokenBucket
from broker_gateway.domain.resource_limit import LimitRules
from schemas.node import NodeRecord
from schemas.status import NodeState, Status
from tests.builders import a_draft, a_language_record, a_node_record, an_execution
from tests.unit.gateway.violations import fields

NOW_MS = 1_699_999_999_999
"""All its low bits are set: what is added to it is not the same as what is or-ed to it."""


@pytest.mark.parametrize(
    ("age_ms", "recent"), [(0, True), (RECENT_MS - 1, True), (RECENT_MS, False), (-5_000, True), (-5_001, False)]
)
def test_a_key_is_recent_for_a_minute_and_may_be_five_seconds_ahead(age_ms: int, recent: bool) -> None:
    key = str(UUID(int=(NOW_MS - age_ms) << 80 | 0x7 << 76 | 0b10 << 62))
    assert is_recent(key, NOW_MS) is recent


@pytest.mark.parametrize("version", [1, 4, 6, 8])
def test_a_key_of_another_kind_is_not_recent_whatever_stands_where_a_time_would(version: int) -> None:
    assert not is_recent(str(UUID(int=NOW_MS << 80 | version << 76 | 0b10 << 62)), NOW_MS)


def test_a_token_comes_back_when_its_time_is_full_and_not_a_millisecond_before() -> None:
    def empty_bucket() -> TokenBucket:
        return TokenBucket(rate_per_s=1.0, burst=1, tokens=0.0, at_ms=0)

    assert empty_bucket().take(999) == 1
    assert empty_bucket().take(1_000) == 0


def test_a_bucket_that_is_half_full_asks_for_the_other_half_of_the_time() -> None:
    assert TokenBucket(rate_per_s=2.0, burst=1, tokens=0.5, at_ms=0).take(0) == 250


def test_a_clock_that_goes_back_gives_and_takes_no_tokens() -> None:
    assert TokenBucket(rate_per_s=1.0, burst=2, tokens=1.0, at_ms=5_000).take(0) == 0


def test_a_task_whose_end_was_never_heard_of_counts_until_its_time_is_over() -> None:
    quota = ClientQuota.opened(QuotaPolicy(concurrent=1, forget_after_ms=100), 0)
    assert quota.admit("a", 0) is None
    assert quota.admit("b", 99) is not None
    assert quota.admit("b", 100) is None


def test_a_client_over_its_quota_stays_over_it_when_the_quota_was_passed() -> None:
    quota = ClientQuota.opened(QuotaPolicy(concurrent=1), 0)
    for task_id in ("a", "b"):
        quota.hold(task_id, 0)  # by other ways than admission: tasks that were found at the start
    assert quota.admit("c", 0) is not None


def test_the_size_of_a_case_is_the_sum_of_all_its_texts() -> None:
    case = DraftCase(stdin="aaa", args=["bb", "b"], expected_output="cc")
    assert fields(a_draft(cases=[case]), AdmissionPolicy(cases=CaseRules(bytes_in_all=8))) == []
    assert fields(a_draft(cases=[case]), AdmissionPolicy(cases=CaseRules(bytes_in_all=7))) == ["task.cases"]
    same = DraftCase(stdin="aaa", args=["bbb"])
    assert fields(a_draft(cases=[same]), AdmissionPolicy(cases=CaseRules(bytes_in_all=5))) == ["task.cases"]


@pytest.mark.parametrize(
    "other",
    [
        a_node_record("a", capacity=4),
        a_node_record("c", capacity=4),
        a_node_record("b", capacity=3),
        a_node_record("b", capacity=5),
        a_node_record("b", pools=["other"]),
        a_node_record("b", a_language_record("go", "1.24.4")),
        a_node_record("b", state=NodeState.DRAINING),
    ],
)
def test_a_node_of_which_anything_but_the_load_differs_is_another_to_the_scheduler(other: NodeRecord) -> None:
    this = ClientNode(a_node_record("b", capacity=4))
    assert this.serves_as(ClientNode(a_node_record("b", capacity=4, load_score=99.0)))
    assert not this.serves_as(ClientNode(other))
    assert not ClientNode(other).serves_as(this)


def test_a_default_limit_may_be_the_least_and_the_greatest_that_is_allowed() -> None:
    wide = LimitRules().allowed
    for value in wide["cpu_ms"]:
        defaults = msgspec.structs.replace(LimitRules().defaults, cpu_ms=value)
        assert list(LimitRules(defaults=defaults).violations({}, "limits")) == []
    too_much = msgspec.structs.replace(LimitRules().defaults, cpu_ms=wide["cpu_ms"][1] + 1)
    with pytest.raises(ValueError, match="cpu_ms must lie between"):
        LimitRules(defaults=too_much)


def test_a_task_that_is_cancelled_by_a_slow_clock_has_waited_no_time_at_all() -> None:
    known = an_execution("t-1", status=Status.QUEUED)
    assert cancelled(known, known.submitted_at_ms - 5, "why").queued_ms == 0.0
    assert cancelled(known, known.submitted_at_ms + 5, "why").queued_ms == 5.0
    known = an_execution("t-1", status=Status.QUEUED, submitted_at_ms=100)
    assert cancelled(known, 251, "why").queued_ms == 151.0


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (50, 50), (200, 200)])
def test_a_page_has_as_many_as_were_asked_for_and_fifty_where_that_was_not_said(asked: int, size: int) -> None:
    assert page_size(asked) == size


@pytest.mark.parametrize("asked", [-1, 201])
def test_a_page_of_less_than_none_or_of_more_than_two_hundred_is_refused(asked: int) -> None:
    assert isinstance(page_size(asked), Invalid)


def test_a_limit_without_a_range_is_an_error_of_the_settings() -> None:
    some = {name: allowed for name, allowed in LimitRules().allowed.items() if name != "wall_ms"}
    with pytest.raises(ValueError, match="wall_ms"):
        LimitRules(allowed=some)


def test_the_size_of_an_environment_is_that_of_its_names_and_values_together() -> None:
    env = {"ABC": "xyz", "DE": "uv"}
    assert fields(a_draft(env=env), AdmissionPolicy(inputs=InputRules(env_bytes=10))) == []
    assert fields(a_draft(env=env), AdmissionPolicy(inputs=InputRules(env_bytes=9))) == ["task.env"]


def test_a_task_with_everything_at_its_most_is_let_in() -> None:
    at_most = a_draft(
        language="x" * 64,
        language_version="1" * 64,
        idempotency_key="k" * 128,
        queue_deadline_ms=24 * 3_600_000,
        stdin="x" * (1 << 20),
        args=[""] * 127 + ["x" * (64 << 10)],
        env={f"V{number:02}": "x" * 1021 for number in range(64)},
        compile_options=["x" * 256] * 32,
        labels={f"{number:063}": "x" * 256 for number in range(32)},
        cases=[DraftCase(name="x" * 128, stdin="x" * 100)] * 100,
        callback_url="http://h/" + "x" * 2039,
    )
    assert fields(at_most) == []

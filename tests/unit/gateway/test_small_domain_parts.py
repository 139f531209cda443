"""Ids, quotas, back-off, the task itself."""

from __future__ import annotations

import pytest

from broker_gateway.domain.draft import DraftCase
from broker_gateway.domain.events import TaskCompletedEvent
from broker_gateway.domain.execution_task import ExecutionTask, Terms
from broker_gateway.domain.quota import ClientQuota, OverQuota, QuotaPolicy
from broker_gateway.domain.resource_limit import DEFAULT_LIMITS, WALL_MARGIN_MS, ResourceLimit
from broker_gateway.domain.stored_bytes import PARTS, StoredBytes
from broker_gateway.domain.task_id import TaskId
from chassis.backoff import Backoff
from schemas.names import is_token
from schemas.status import Status
from schemas.task import Checker
from tests.builders import a_draft, a_result, an_execution
from tests.unit.gateway.gateway_on_fakes import NOW_MS

SECRET = bytes(range(32))


def test_fresh_ids_sort_by_time_and_are_tokens() -> None:
    early, late = TaskId.fresh(NOW_MS, b"\xff" * 10), TaskId.fresh(NOW_MS + 1, b"\0" * 10)
    assert early.value < late.value
    assert is_token(early.value)
    assert len(early.value) == 32


def test_a_fresh_id_is_a_uuid_of_version_7() -> None:
    value = TaskId.fresh(NOW_MS, b"\xff" * 10).value
    assert value[:12] == f"{NOW_MS:012x}"
    assert (value[12], value[16]) == ("7", "b")


@pytest.mark.parametrize(
    ("entropy", "after_the_time"),
    [
        (b"\xff" * 10, "7fffbfffffffffffffff"),
        (b"\x00" * 10, "70008000000000000000"),
        (bytes(range(1, 11)), "710283040506070809" + "0a"),
    ],
)
def test_a_fresh_id_keeps_every_random_bit_that_its_version_leaves(entropy: bytes, after_the_time: str) -> None:
    assert TaskId.fresh(NOW_MS, entropy).value[12:] == after_the_time


def test_fresh_ids_of_one_millisecond_differ() -> None:
    ids = {TaskId.fresh(NOW_MS, number.to_bytes(10, "big")).value for number in range(1000)}
    assert len(ids) == 1000


def test_a_time_that_has_grown_too_long_for_an_id_starts_over() -> None:
    assert TaskId.fresh((1 << 48) + NOW_MS, b"\1" * 10) == TaskId.fresh(NOW_MS, b"\1" * 10)


def test_a_key_names_one_task_per_client() -> None:
    assert TaskId.of_key("blog", "k", SECRET) == TaskId.of_key("blog", "k", SECRET)
    assert TaskId.of_key("blog", "k", SECRET) != TaskId.of_key("school", "k", SECRET)
    assert TaskId.of_key("a", "bk", SECRET) != TaskId.of_key("ab", "k", SECRET)
    assert is_token(TaskId.of_key("blog", "ü\0 *.>", SECRET).value)


def test_who_does_not_know_the_secret_cannot_compute_the_id_of_a_key() -> None:
    assert TaskId.of_key("blog", "k", SECRET) != TaskId.of_key("blog", "k", bytes(32))


def test_a_key_names_the_same_task_in_every_version_of_the_gateway() -> None:
    assert TaskId.of_key("blog", "k", SECRET).value == "0b63e134a28e60595379aa2f13a15ce0"


def test_the_same_key_of_two_readers_and_of_their_client_names_three_tasks() -> None:
    named = [("blog", "k", ""), ("blog", "k", "ada"), ("blog", "k", "bob"), ("blog", "ak", "ad"), ("adablog", "k", "")]
    ids = {TaskId.of_key(client, key, SECRET, reader) for client, key, reader in named}
    assert len(ids) == len(named)


def test_the_id_of_a_key_begins_with_no_time_of_our_century() -> None:
    ids = [TaskId.of_key("blog", str(number), SECRET).value for number in range(2_000)]
    assert min(ids) >= TaskId.beginning(TaskId.TIMED_UNTIL_MS) == "040000000000"
    assert len({task_id[2:] for task_id in ids}) == 2_000
    assert TaskId.fresh(NOW_MS, b"\xff" * 10).value < "04"


@pytest.mark.parametrize("text", ["", "a.b", "*", ">", "a b", "x" * 65, "ü"])
def test_what_cannot_stand_in_a_subject_is_no_id(text: str) -> None:
    assert TaskId.parse(text) is None


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    quota = ClientQuota.opened(QuotaPolicy(rate_per_s=10, burst=3), NOW_MS)
    assert [quota.admit(str(number), NOW_MS) for number in range(3)] == [None] * 3
    refused = quota.admit("3", NOW_MS)
    assert isinstance(refused, OverQuota)
    assert refused.retry_after_ms == 100
    assert quota.admit("3", NOW_MS + 100) is None
    assert quota.admit("4", NOW_MS + 100) is not None


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    quota = ClientQuota.opened(QuotaPolicy(rate_per_s=10, burst=2), NOW_MS)
    later = NOW_MS + 3_600_000
    assert [quota.admit(str(number), later) is None for number in range(3)] == [True, True, False]


def test_a_clock_that_steps_back_costs_nothing() -> None:
    quota = ClientQuota.opened(QuotaPolicy(rate_per_s=1, burst=1), NOW_MS)
    assert quota.admit("a", NOW_MS - 10_000) is None
    assert quota.admit("b", NOW_MS - 9_000) is None


def test_a_client_has_its_most_tasks_at_once_and_no_more() -> None:
    quota = ClientQuota.opened(QuotaPolicy(concurrent=2), NOW_MS)
    assert quota.admit("a", NOW_MS) is None
    assert quota.admit("b", NOW_MS) is None
    assert isinstance(quota.admit("c", NOW_MS), OverQuota)
    quota.release("a")
    assert quota.admit("c", NOW_MS) is None


def test_a_task_counts_once_and_releasing_what_does_not_count_frees_nothing() -> None:
    quota = ClientQuota.opened(QuotaPolicy(concurrent=1), NOW_MS)
    assert quota.admit("a", NOW_MS) is None
    assert quota.admit("a", NOW_MS) is None
    quota.release("never admitted")
    assert quota.admit("b", NOW_MS) is not None


def test_a_task_whose_end_was_never_heard_of_is_forgotten() -> None:
    quota = ClientQuota.opened(QuotaPolicy(concurrent=1, forget_after_ms=1000), NOW_MS)
    assert quota.admit("a", NOW_MS) is None
    assert quota.admit("b", NOW_MS + 999) is not None
    assert quota.admit("b", NOW_MS + 1000) is None


def test_delays_grow_to_a_maximum_and_jitter_stays_in_the_upper_half() -> None:
    backoff = Backoff(base_s=1, factor=2, max_s=60)
    assert [backoff.delay_s(failures, 1.0) for failures in (1, 2, 3, 6, 7, 1000)] == [1, 2, 4, 32, 60, 60]
    assert backoff.delay_s(3, 0.0) == 2


def terms(limits: ResourceLimit = ResourceLimit(DEFAULT_LIMITS)) -> Terms:  # noqa: B008 - frozen
    return Terms(TaskId("t1"), "blog", ("python", "java"), "default", limits, NOW_MS)


def test_an_accepted_task_says_where_its_result_goes_and_when_it_expires() -> None:
    task = ExecutionTask.accepted(a_draft(queue_deadline_ms=500, callback_url="http://h/"), terms()).message
    assert task.reply == "coderunner.v1.result.t1"
    assert task.expires_at_ms == NOW_MS + 500
    assert task.callback is not None
    assert task.callback.url == "http://h/"
    assert ExecutionTask.accepted(a_draft(), terms()).message.expires_at_ms is None


def test_a_task_and_its_checker_have_the_proper_names_of_their_own_languages() -> None:
    checker = Checker(language="JAVA", language_version="", files=[])
    task = ExecutionTask.accepted(a_draft(language="py", checker=checker), terms()).message
    assert task.checker is not None
    assert (task.language, task.checker.language) == ("python", "java")


def test_cases_get_a_number_for_a_name_and_the_default_epsilon() -> None:
    cases = [DraftCase(comparison="float"), DraftCase(name="n", limits={"wall_ms": 7}), DraftCase(epsilon=0.5)]
    first, second, third = ExecutionTask.accepted(a_draft(cases=cases), terms()).message.cases
    assert (first.name, first.comparison.epsilon, first.limits) == ("1", 1e-6, None)
    assert second.limits is not None
    assert (second.name, second.limits.wall_ms, second.limits.cpu_ms) == ("n", 7, DEFAULT_LIMITS.cpu_ms)
    assert third.comparison.epsilon == 0


def test_a_file_may_be_as_large_as_the_disk_unless_asked_for() -> None:
    limits = ResourceLimit(DEFAULT_LIMITS)
    assert limits.changed_by({"disk_bytes": 9000}).value.file_bytes == 9000
    assert limits.changed_by({"disk_bytes": 9000, "file_bytes": 50}).value.file_bytes == 50
    assert limits.changed_by({}) is limits


@pytest.mark.parametrize(
    ("asked", "wall_ms"),
    [
        ({"cpu_ms": 15_000}, 15_000 + WALL_MARGIN_MS),
        ({"cpu_ms": 1_000}, DEFAULT_LIMITS.wall_ms),
        ({"cpu_ms": 15_000, "wall_ms": 100}, 100),
        ({"cpu_ms": 28_000}, 30_000),
        ({"memory_bytes": 1 << 26}, DEFAULT_LIMITS.wall_ms),
    ],
)
def test_a_wall_limit_that_nobody_asked_for_follows_the_processor_limit(asked: dict[str, int], wall_ms: int) -> None:
    assert ResourceLimit(DEFAULT_LIMITS, max_wall_ms=30_000).changed_by(asked).value.wall_ms == wall_ms


def test_a_case_that_asks_for_more_processor_time_than_its_task_gets_the_wall_time_for_it() -> None:
    of_task = ResourceLimit(DEFAULT_LIMITS, max_wall_ms=60_000).changed_by({"cpu_ms": 10_000})
    assert of_task.changed_by({"cpu_ms": 20_000}).value.wall_ms == 20_000 + WALL_MARGIN_MS


def test_a_task_completes_with_its_own_final_result_only() -> None:
    result = ExecutionTask.accepted(a_draft(callback_url="http://h/"), terms()).cancelled(NOW_MS + 40, "why")
    assert (result.execution.id, result.execution.status.is_final, result.client) == ("t1", True, "blog")
    event = TaskCompletedEvent.of(result)
    assert (event.task_id, event.status, event.total_ms) == ("t1", Status.CANCELLED, 40)
    assert event.callback_url == "http://h/"
    assert TaskCompletedEvent.of(a_result("t2")).total_ms == 50


@pytest.mark.parametrize(("finished_at_ms", "total_ms"), [(None, 0), (99, 0), (100, 0), (101, 1), (250, 150)])
def test_a_task_took_no_time_where_its_end_is_not_known_or_lies_before_its_beginning(
    finished_at_ms: int | None, total_ms: int
) -> None:
    result = a_result(submitted_at_ms=100, finished_at_ms=finished_at_ms)
    assert TaskCompletedEvent.of(result).total_ms == total_ms


def test_a_task_for_another_run_is_queued_anew_with_its_whole_deadline_and_an_occasion_for_its_callback() -> None:
    first = ExecutionTask.accepted(a_draft(queue_deadline_ms=500, callback_url="http://h/"), terms())
    again = first.for_another_run("17", NOW_MS + 9_000)
    assert again.message.expires_at_ms == NOW_MS + 9_500
    assert again.message.callback is not None
    assert (again.message.callback.url, again.message.callback.occasion) == ("http://h/", "17")
    assert (again.message.id, again.known.status) == ("t1", Status.QUEUED)
    bare = ExecutionTask.accepted(a_draft(), terms()).for_another_run("17", NOW_MS + 9_000).message
    assert (bare.expires_at_ms, bare.callback) == (None, None)


def test_a_task_cancelled_in_the_queue_tells_how_long_it_waited() -> None:
    task = ExecutionTask.accepted(a_draft(), terms())
    execution = task.cancelled(NOW_MS + 40, "why").execution
    assert (execution.status, execution.queued_ms, execution.error) == (Status.CANCELLED, 40, "why")
    running = ExecutionTask.found(task.message, an_execution("t1", status=Status.RUNNING))
    assert running.cancelled(NOW_MS + 99, "why").execution.queued_ms == 1.5


def test_a_client_whose_results_hold_its_share_waits_until_some_are_forgotten() -> None:
    policy = QuotaPolicy(stored_bytes=1000, stored_for_ms=96_000)
    quota = ClientQuota.opened(policy, 0)
    quota.stored.add(600, 0)
    assert quota.admit("a", 0) is None
    quota.stored.add(400, 10_000)
    over = quota.admit("b", 10_000)
    assert over is not None
    assert (over.message, over.retry_after_ms) == ("the results of this client hold 1000 bytes, its share", 86_000)
    assert quota.admit("b", 95_999) is not None
    assert quota.admit("b", 96_000) is None
    assert quota.stored.at(96_000) == 400
    assert quota.stored.at(106_000) == 0


def test_a_client_that_stores_for_years_is_counted_in_bounded_memory() -> None:
    stored = StoredBytes(96_000)
    for second in range(10_000):
        stored.add(1, second * 1000)
        assert stored.at(second * 1000) <= PARTS

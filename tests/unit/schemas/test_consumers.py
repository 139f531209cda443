"""The consumers that nodes and relays share, as the server is asked for them."""

from __future__ import annotations

import json

import pytest

from schemas.names import STREAM_DEAD, STREAM_RESULTS, STREAM_TASKS
from schemas.pulls import pull_request
from schemas.status import Priority
from schemas.topology import BusLimits, relay_consumer, streams, task_consumer


@pytest.mark.parametrize("consumer", [task_consumer("default", Priority.NORMAL), relay_consumer()])
def test_the_server_gives_up_on_no_message_and_skips_none(consumer: dict[str, object]) -> None:
    assert consumer["max_deliver"] == -1  # no bound: how often a task is tried is the node's rule
    assert consumer["deliver_policy"] == "all"
    assert consumer["ack_policy"] == "explicit"


def test_a_message_that_nobody_keeps_alive_comes_again_after_its_acknowledgement_wait() -> None:
    assert task_consumer("default", Priority.NORMAL)["ack_wait"] == 5 * 10**9


def test_results_that_wait_for_hours_leave_room_for_others_in_the_relays_consumer() -> None:
    assert relay_consumer()["max_ack_pending"] == 1_000_000


def test_a_pull_request_says_only_what_was_asked_of_it() -> None:
    plain = json.loads(pull_request(batch=1, expires_s=2.5))
    assert plain == {"batch": 1, "expires": 2_500_000_000}
    full = json.loads(pull_request(batch=3, expires_s=1, heartbeat_s=0.5, load_priority=0))
    assert full == {"batch": 3, "expires": 10**9, "idle_heartbeat": 5 * 10**8, "group": "load", "priority": 0}


def test_only_the_task_queue_has_a_bound_of_messages_and_no_stream_one_of_consumers_or_message_size() -> None:
    for stream in streams(BusLimits()):
        assert (stream["max_consumers"], stream["max_msg_size"]) == (-1, -1)
        assert (stream["max_msgs"] == -1) == (stream["name"] != STREAM_TASKS)


def test_a_stored_result_is_replaced_by_no_later_one_and_is_told_to_whoever_waits() -> None:
    (results,) = [stream for stream in streams(BusLimits()) if stream["name"] == STREAM_RESULTS]
    assert (results["max_msgs_per_subject"], results["discard_new_per_subject"], results["discard"]) == (1, True, "new")
    assert results["republish"] == {"src": "coderunner.v1.result.*", "dest": "coderunner.v1.stored.{{wildcard(1)}}"}


def test_dead_letters_are_kept_in_files_for_their_age_on_as_many_servers_as_asked_for() -> None:
    (dead,) = [
        one
        for one in streams(BusLimits(replicas=3, dead_max_age_s=2.5, max_bytes=100_000))
        if one["name"] == STREAM_DEAD
    ]
    assert dead == {
        "name": "CODERUNNER_DEAD",
        "subjects": ["coderunner.v1.dead.*.*"],
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "max_msgs": -1,
        "max_bytes": 5_000,
        "max_consumers": -1,
        "max_msg_size": -1,
        "max_age": 2_500_000_000,
        "num_replicas": 3,
        "allow_direct": True,
    }


def test_a_task_waits_for_ever_and_its_id_is_remembered_for_two_minutes() -> None:
    (tasks,) = [stream for stream in streams(BusLimits()) if stream["name"] == STREAM_TASKS]
    assert (tasks["max_age"], tasks["duplicate_window"]) == (0, 120 * 10**9)
    assert (tasks["retention"], tasks["discard"]) == ("workqueue", "new")

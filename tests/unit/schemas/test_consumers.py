"""The consumers that nodes and relays share, as the server is asked for them."""

from __future__ import annotations

import pytest

from schemas.status import Priority
from schemas.topology import relay_consumer, task_consumer


@pytest.mark.parametrize("consumer", [task_consumer("default", Priority.NORMAL), relay_consumer()])
def test_the_server_gives_up_on_no_message_and_skips_none(consumer: dict[str, object]) -> None:
    assert consumer["max_deliver"] == -1  # no bound: how often a task is tried is the node's rule
    assert consumer["deliver_policy"] == "all"
    assert consumer["ack_policy"] == "explicit"


def test_a_message_that_nobody_keeps_alive_comes_again_after_its_acknowledgement_wait() -> None:
    assert task_consumer("default", Priority.NORMAL)["ack_wait"] == 5 * 10**9

"""One message that a library could not have written is not the last that a service reads."""

from __future__ import annotations

import asyncio

import pytest

from schemas import names
from schemas.status import Priority, Status
from tests.integration.abuse.hostile_frames import frames, published, write
from tests.integration.abuse.target import LANGUAGE, Target
from tests.integration.abuse.test_fuzzed_bus import nothing_waits
from tests.servers.nats import PASSWORDS

SAID_BY = {
    "node": [
        names.event_subject("any", Status.RUNNING),
        names.result_subject("any"),
        names.output_subject("any"),
        names.progress_subject("any"),
        names.ask_result_subject("any"),
        names.ask_starts_subject("any"),
        names.dead_subject("poison", "any"),
    ],
    "gateway": [
        names.task_subject("default", Priority.NORMAL, "any"),
        names.cancel_subject("x").rpartition(".")[0] + ".any",
        names.backlog_subject("any"),
        names.node_subject("any"),
        names.ROLL_CALL,
    ],
}
PURGE = f"$JS.API.STREAM.PURGE.{names.STREAM_TASKS}"


@pytest.mark.parametrize(("role", "subject"), [(role, subject) for role in SAID_BY for subject in SAID_BY[role]])
async def test_what_no_library_would_write_makes_nobody_deaf(target: Target, role: str, subject: str) -> None:
    port = target.stack.nats.members[0].port
    await asyncio.to_thread(write, port, role, PASSWORDS[role], list(frames(subject)))
    await nothing_waits(target)
    await target.works()


async def test_what_a_publisher_writes_into_its_headers_hides_nobodys_tasks(target: Target) -> None:
    """A list, a state and a result are read from messages among which are a stranger's."""
    port = target.stack.nats.members[0].port
    async with target.client() as client:
        before = await client.run(LANGUAGE, "x")
        said = [
            *frames(names.event_subject(before.id, Status.RUNNING)),
            *frames(names.event_subject("any", Status.RUNNING)),
        ]
        await asyncio.to_thread(write, port, "node", PASSWORDS["node"], said)
        after = await client.run(LANGUAGE, "x")
        assert (await client.get(before.id)).status == before.status
        listed = [one.id async for one in client.list()]
        assert {before.id, after.id} <= set(listed)


async def test_a_nodes_question_is_answered_to_nodes_alone(target: Target) -> None:
    """The node chooses who is answered, and by the result that it stores what the answer says: a gateway may publish
    where it may not."""
    operator = await target.stack.nats.connect("operator")
    task = names.task_subject("default", Priority.HIGH, "planted")
    heard = await operator.subscribe(task)
    purged = await operator.subscribe(PURGE)
    await operator.flush()
    try:
        async with target.client() as client:
            done = await client.run(LANGUAGE, "x")
        asked = names.ask_result_subject(done.id).encode()
        written = [published(asked + b" " + reply.encode(), b"") for reply in (task, PURGE)]
        await asyncio.to_thread(write, target.stack.nats.members[0].port, "node", PASSWORDS["node"], written)
        await target.works()
        await operator.flush()
        assert (heard.pending_msgs, purged.pending_msgs) == (0, 0)
    finally:
        await operator.close()

"""Every subject of the bus, sent garbage with each role's key: nothing stops, and nothing that is no task waits for
ever."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import nats.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client

from schemas import names
from tests.integration.abuse.hostile_bus import bodies, subjects
from tests.integration.abuse.hunting import hunting
from tests.integration.abuse.target import Target
from tests.servers.waiting import eventually

AT_ONCE = 10
BURIED_WITHIN_S = 60.0


async def refused_quietly(_error: Exception) -> None:
    """What a role may not say is refused by the server: that is as it should be."""


@pytest.mark.parametrize("role", ["gateway", "node", "operator"])
async def test_nothing_said_with_a_roles_key_stops_a_service(target: Target, role: str) -> None:
    client = await target.stack.nats.connect(role, error_cb=refused_quietly)
    loop = asyncio.get_running_loop()

    @hunting(100)
    @given(st.lists(st.tuples(subjects(target.node.name), bodies(), st.booleans()), min_size=1, max_size=AT_ONCE))
    def fuzzed(said: list[tuple[str, bytes, bool]]) -> None:
        asyncio.run_coroutine_threadsafe(say(client, said), loop).result()

    try:
        await asyncio.to_thread(fuzzed)
    finally:
        await client.close()
    await nothing_waits(target)
    await target.works()


async def say(client: Client, said: list[tuple[str, bytes, bool]]) -> None:
    """Half of it asks for an answer."""
    for subject, body, asks in said:
        with suppress(nats.errors.Error):
            await client.publish(subject, body, reply=client.new_inbox() if asks else "")
    await client.flush()


async def nothing_waits(target: Target) -> None:
    """Returns once every message that is no task has been put away. Raises TimeoutError."""
    operator = await target.stack.nats.connect("operator")

    async def is_empty() -> bool:
        stream = await operator.jetstream().stream_info(names.STREAM_TASKS)
        return stream.state.messages == 0

    try:
        await eventually(is_empty, BURIED_WITHIN_S)
    finally:
        await operator.close()

"""Batched direct gets: many stored messages for one request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import nats.errors
from nats.aio.msg import Msg

from broker_gateway.application.ports import BusUnavailableError
from chassis.nats.connection import BusConnection

_END_OF_BATCH = "204"
_NOTHING = "404"


def sequence(message: Msg) -> int:
    """Place in its stream of a message that a direct get returned."""
    return int((message.headers or {})["Nats-Sequence"])


async def read_batch(bus: BusConnection, stream: str, body: Mapping[str, Any]) -> list[Msg]:
    """``body`` as ``$JS.API.DIRECT.GET`` takes it, with ``batch``. Raises BusUnavailableError."""
    client = await bus.client()
    inbox = client.new_inbox()
    try:
        async with asyncio.timeout(bus.settings.timeout_s):
            subscription = await client.subscribe(inbox)
            try:
                await client.publish(f"$JS.API.DIRECT.GET.{stream}", json.dumps(body).encode(), reply=inbox)
                return await _collect(subscription.messages)
            finally:
                await subscription.unsubscribe()
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise BusUnavailableError(f"no batch from {stream}: {error!r}") from error


async def _collect(messages: Any) -> list[Msg]:
    """Until the end marker. A batch that breaks off is an error: half an answer must not look like a whole one."""
    batch: list[Msg] = []
    async for message in messages:
        status = (message.headers or {}).get("Status")
        if status is None:
            batch.append(message)
        elif status in (_END_OF_BATCH, _NOTHING):
            return batch
        else:
            raise BusUnavailableError(f"a batch ended with {status}")
    raise BusUnavailableError("a batch broke off")

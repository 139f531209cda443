"""Reads and purges of streams that several of the adapters here need: direct gets of one message or of many, and the
bounds between which a list pages backwards. A message's *sequence* is its number in its stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import nats.errors
from nats.aio.msg import Msg

from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from chassis.nats.statuses import status_of

_END_OF_BATCH = "204"
_NOTHING = "404"
_NO_SUCH_SEQUENCE = (10043, 10057)
_MAX_TOKEN_CHARS = 19
"""As many digits as a sequence can have."""


class Bounds(NamedTuple):
    """The part of a stream that is still to be paged through: ``first`` and all up to, but not with, ``below``."""

    first: int
    below: int
    era: int = 0
    """When the stream was created, in Unix milliseconds."""


async def last_payload_of_any_replica(bus: BusConnection, stream: str, subject: str) -> bytes | None:
    """The payload of the newest message on ``subject``. See ``last_of_any_replica``."""
    found = await last_of_any_replica(bus, stream, subject)
    return None if found is None else found.payload


async def last_of_any_replica(
    bus: BusConnection, stream: str, subject: str, *, timeout_s: float = 0
) -> jetstream.Stored | None:
    """The newest message on ``subject``, by a direct get: it is cheaper than ``jetstream.last_message``, and in a
    cluster a message of the last milliseconds may be missing. Raises BusUnavailableError."""
    reply = await bus.request(f"$JS.API.DIRECT.GET.{stream}.{subject}", b"", timeout_s=timeout_s, repeat=True)
    status = status_of(reply)
    if status == _NOTHING:
        return None
    if status:
        raise BusUnavailableError(f"{stream} answered {status}")
    return jetstream.Stored(sequence_of(reply), reply.data)


async def bounds(bus: BusConnection, stream: str) -> Bounds:
    """The bounds of the whole stream. Raises BusUnavailableError."""
    info = await jetstream.call(bus, f"STREAM.INFO.{stream}")
    state = info["state"]
    return Bounds(max(int(state["first_seq"]), 1), int(state["last_seq"]) + 1, _milliseconds(str(info["created"])))


def _milliseconds(created: str) -> int:
    """Of a moment as the server writes it, with nanoseconds or less; whole seconds of it."""
    return int(datetime.fromisoformat(f"{created[:19]}+00:00").timestamp()) * 1000


async def bounds_of_page(bus: BusConnection, stream: str, token: str) -> Bounds:
    """The bounds for the page that ``token`` asks for; an empty one asks for the first page. Raises ValueError for a
    token that ``token_for`` did not make, BusUnavailableError."""
    if token and not (token.isascii() and token.isdecimal() and len(token) <= _MAX_TOKEN_CHARS):
        raise ValueError(f"not a page token: {token!r}")
    whole = await bounds(bus, stream)
    return whole._replace(below=min(int(token), whole.below)) if token else whole


def token_for(rest: Bounds) -> str:
    """The token of the page that goes on with ``rest``; empty where nothing is left."""
    return str(rest.below) if rest.below > rest.first else ""


async def purge(bus: BusConnection, stream: str, subject: str) -> int:
    """Removes all messages on ``subject`` (wildcards allowed); how many that were, which is why it is not repeated.
    Raises BusUnavailableError."""
    answer = await jetstream.call(bus, f"STREAM.PURGE.{stream}", {"filter": subject}, repeat=False)
    return int(answer["purged"])


async def delete(bus: BusConnection, stream: str, sequence: int) -> bool:
    """Removes one message. False where there is none of this sequence, which is why it is not repeated. Raises
    BusUnavailableError."""
    body = {"seq": sequence, "no_erase": True}
    try:
        await jetstream.call(bus, f"STREAM.MSG.DELETE.{stream}", body, repeat=False)
    except jetstream.JetStreamError as error:
        if error.err_code in _NO_SUCH_SEQUENCE:
            return False
        raise
    return True


async def purge_below(bus: BusConnection, stream: str, subject: str, sequence: int) -> None:
    """Removes the messages on ``subject`` (wildcards allowed) below ``sequence``; may be repeated. Raises
    BusUnavailableError."""
    await jetstream.call(bus, f"STREAM.PURGE.{stream}", {"filter": subject, "seq": sequence})


async def read_batch(bus: BusConnection, stream: str, body: Mapping[str, Any]) -> list[Msg]:
    """The messages that ``body`` asks for, in the words of ``$JS.API.DIRECT.GET``, with ``batch``. Raises
    BusUnavailableError."""
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


def sequence_of(message: Msg) -> int:
    """The sequence of a message that ``read_batch`` returned."""
    return int((message.headers or {})["Nats-Sequence"])


def subject_of(message: Msg) -> str:
    """The subject on which such a message was stored."""
    return (message.headers or {})["Nats-Subject"]


async def _collect(messages: Any) -> list[Msg]:
    """The messages until the end marker. A batch that breaks off is an error: half an answer must not look like a whole
    one."""
    batch: list[Msg] = []
    async for message in messages:
        status = status_of(message)
        if not status:
            batch.append(message)
        elif status in (_END_OF_BATCH, _NOTHING):
            return batch
        else:
            raise BusUnavailableError(f"a batch ended with {status}")
    raise BusUnavailableError("a batch broke off")

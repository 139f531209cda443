"""The secret behind the ids of keys, on a real server."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.infrastructure.bus import declare
from broker_gateway.infrastructure.bus.id_secret import SECRET_BYTES, BusIdSecret
from chassis.errors import BusAwayError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.topology import BusLimits
from tests.integration.gateway.declared_bus import Connect


async def test_gateways_that_start_at_once_learn_the_same_secret(connect: Connect) -> None:
    secrets = [BusIdSecret(await connect()) for _ in range(5)]
    await asyncio.gather(*(secret.learn() for secret in secrets))
    assert len({secret.current() for secret in secrets}) == 1
    assert len(secrets[0].current()) == SECRET_BYTES


async def test_a_gateway_that_starts_later_learns_it_too(connect: Connect) -> None:
    first, later = BusIdSecret(await connect()), BusIdSecret(await connect())
    await first.learn()
    await later.learn()
    assert later.current() == first.current()


async def test_a_bus_that_lost_it_is_given_the_same_again(bus: BusConnection, connect: Connect) -> None:
    secret = BusIdSecret(bus)
    await secret.learn()
    before = secret.current()
    await jetstream.call(bus, f"STREAM.DELETE.{names.STREAM_SECRETS}")
    await declare.ensure_all(bus, BusLimits())
    await secret.learn()
    other = BusIdSecret(await connect())
    await other.learn()
    assert (secret.current(), other.current()) == (before, before)


def test_before_the_bus_was_there_it_is_not_known() -> None:
    with pytest.raises(BusAwayError):
        BusIdSecret(None).current()  # type: ignore[arg-type]  # not used


async def test_nobody_can_replace_it(bus: BusConnection) -> None:
    await BusIdSecret(bus).learn()
    with pytest.raises(jetstream.JetStreamError):
        await jetstream.store(bus, names.ID_SECRET, b"mine")

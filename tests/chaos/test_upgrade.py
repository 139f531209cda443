"""An upgrade and the way back, under load: gateway and node of another version are exchanged by this checkout's, one at
a time, in both orders (docs/adr/0027). ``make upgrade`` lays the other version out."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from tests.chaos.load import Work, alike, python, simulated
from tests.chaos.settings import GATEWAY, LEAKS, NODE
from tests.chaos.storm import StartStorm, Storm
from tests.servers.etcd import etcd_password
from tests.servers.fixtures import StartStack
from tests.servers.stack import OURS, Checkout, Daemon, Stack

pytestmark = [pytest.mark.upgrade, LEAKS]

SIMULATED: dict[str, Any] = {
    "sandbox": "simulated",
    "simulated_languages": ["simulated"],
    "pools": ["simulated"],
    "concurrency": 4,
}
TASKS, OVER_S = 120, 8
SIDE_BY_SIDE = 30
"""Tasks that are accepted while both versions are there."""
LEAVES_WITHIN_S = 60.0


def mixed(number: int) -> Work:
    """Every third asks for a kept answer."""
    return alike(number) if number % 3 == 0 else simulated(number)


@pytest.mark.parametrize("first", ["gateway", "node"])
async def test_an_upgrade_and_the_way_back_lose_nothing(
    first: str, other_version: Checkout, start_stack: StartStack, start_storm: StartStorm
) -> None:
    stack = start_stack(gateways=0, nodes=0)
    gateways = _both(stack, "gateway", other_version)
    nodes = _both(stack, "node", other_version)
    for old in (gateways[0], nodes[0]):
        old.start(wait=False)
        await asyncio.to_thread(old.wait_ready)
    storm = await start_storm(stack)
    strike = partial(storm.strike, tasks=TASKS, over_s=OVER_S, recipe=mixed)
    order = {"gateway": gateways, "node": nodes}
    second = next(name for name in order if name != first)

    for name in (first, second):
        old, new = order[name]
        await strike(f"{name}: the other version's leaves, ours comes", partial(exchange, storm, old, new))
    for name in (second, first):
        old, new = order[name]
        await strike(f"{name}: ours leaves, the other version's comes", partial(exchange, storm, new, old))


async def test_a_node_that_is_upgraded_in_place_loses_nothing(
    other_version: Checkout, start_stack: StartStack, start_storm: StartStorm
) -> None:
    """It keeps its name, and finds the containers that the other version has left."""
    stack = start_stack(gateways=1, nodes=0, gateway=GATEWAY)
    settings: dict[str, Any] = {**NODE, "languages": ["python"], "concurrency": 2}
    old = stack.node_of(other_version, **settings)
    same: dict[str, Any] = {"node_id": old.name, "etcd_user": old.name, "etcd_password": etcd_password(old.name)}
    new = stack.node_of(OURS, **settings, **same)
    old.start(wait=False)
    await asyncio.to_thread(old.wait_ready)
    storm = await start_storm(stack)
    strike = partial(storm.strike, tasks=40, over_s=6, recipe=python)

    await strike("a node becomes ours in place", partial(replace, old, new))
    await strike("a node becomes the other version's in place", partial(replace, new, old))


async def replace(leaving: Daemon, coming: Daemon) -> None:
    assert await asyncio.to_thread(leaving.stop, LEAVES_WITHIN_S) == 0
    coming.start(wait=False)
    await asyncio.to_thread(coming.wait_ready)


async def exchange(storm: Storm, leaving: Daemon, coming: Daemon) -> None:
    """Both are there for a while; then one ends as it is told to."""
    coming.start(wait=False)
    await asyncio.to_thread(coming.wait_ready)
    await storm.load.more(SIDE_BY_SIDE)
    assert leaving.running
    assert await asyncio.to_thread(leaving.stop, LEAVES_WITHIN_S) == 0


def _both(stack: Stack, kind: str, other_version: Checkout) -> tuple[Daemon, Daemon]:
    """The other version's and ours, which are not started."""
    if kind == "gateway":
        return stack.gateway_of(other_version, **GATEWAY), stack.gateway_of(OURS, **GATEWAY)
    settings: dict[str, Any] = {**NODE, **SIMULATED}
    return stack.node_of(other_version, **settings), stack.node_of(OURS, **settings)

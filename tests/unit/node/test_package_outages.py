"""Packages while the index, the engine or the node's installers cannot be had."""

from __future__ import annotations

import asyncio

import pytest

from node.application.package_ports import IndexOutOfReachError
from node.domain.layers import KeptLayer, Layer, Order
from node.domain.sandbox import SandboxLostError
from schemas.status import Status
from tests.unit.node.packages_on_fakes import INDEXED, Node


@pytest.mark.parametrize("error", [IndexOutOfReachError("no answer"), SandboxLostError("gone"), RuntimeError("bug")])
@pytest.mark.filterwarnings("ignore")
async def test_what_is_not_the_tasks_fault_is_tried_again_and_counts_as_an_attempt(error: Exception) -> None:
    node = Node()
    node.layers.error = error
    delivery, handling = node.begin("t1")
    await handling
    assert delivery.said[-1] == "retry_in 0"
    node.layers.error = None
    assert (await node.run("t1")).status is Status.SUCCEEDED


async def test_a_set_whose_index_is_out_of_reach_again_is_not_tried_for_a_while_and_nobody_loses_attempts() -> None:
    node = Node()
    node.layers.error = IndexOutOfReachError("no answer")
    said = []
    for number in range(4):
        delivery, handling = node.begin(f"t{number}")
        await handling
        said.append(delivery.said[-1])
    assert said == ["retry_in 0", "retry_in 0", "retry_in 0.25", "retry_in 0.25"]
    assert len(node.layers.orders) == 2
    node.layers.error = None
    assert (await node.run("other", "b")).status is Status.SUCCEEDED
    node.now_s += 31
    assert (await node.run("t0")).status is Status.SUCCEEDED


@pytest.mark.parametrize("error", [IndexOutOfReachError("no answer"), SandboxLostError("no slot for the installer")])
async def test_while_a_set_cannot_be_looked_up_again_what_was_installed_serves_on(error: Exception) -> None:
    node = Node()
    await node.run("t1")
    node.now_s += 101
    node.layers.error = error
    for task_id in ("t2", "t3"):
        execution = await node.run(task_id)
        assert (execution.status, execution.packages, execution.compile) == (Status.SUCCEEDED, ["six==1"], None)
    assert len(node.layers.orders) == 2  # not once for each task
    node.layers.error = None
    node.now_s += 301
    await node.run("t4")
    assert len(node.layers.orders) == 3


async def test_while_others_install_what_was_installed_serves_on_and_nobody_is_put_off() -> None:
    node = Node(waiting=4)
    await node.run("t1")
    node.now_s += 101
    node.layers.may_end.clear()
    node.layers.begun.clear()
    _, handling = node.begin("t2", "b", client="other")
    await node.layers.begun.wait()
    assert (await node.run("t3")).status is Status.SUCCEEDED
    assert node.envs() == ["/packages/layer1"] * 2
    assert node.packages.put_off == 0
    node.layers.may_end.set()
    await handling


async def test_what_an_earlier_life_installed_is_found_once_there_is_an_installer() -> None:
    node = Node()
    order = Order.of(INDEXED, ["six"], node.pool.digest("python"), node.layers.source)
    node.layers.before = {order.key: KeptLayer(Layer("before", 1, ("six==1",)), node.now_s)}
    node.layers.is_away = True
    await node.packages.start([INDEXED])
    assert node.packages.kind_of(INDEXED) == ""
    node.layers.is_away = False
    node.now_s += 31
    assert node.packages.kind_of(INDEXED) == "pypi"
    await asyncio.sleep(0)  # the book is filled beside the heartbeat
    await node.run("t1")
    assert (node.envs(), node.layers.orders) == (["/packages/before"], [])

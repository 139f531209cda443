"""The packages of tasks on a node: installed once, lent to all, and in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace

import pytest

from node.domain.layers import KeptLayer, Layer, Order, with_layer
from node.domain.program import compile_launch, program_of, run_launch, runnable_as_submitted
from node.domain.retries import MAX_DELIVERIES
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import CPP, a_task, some_limits
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.packages_on_fakes import INDEXED, RULE, Node
from tests.unit.node.runner_on_fakes import RunnerOnFakes


async def test_packages_are_installed_once_and_lent_to_each_task_that_names_them() -> None:
    node = Node()
    first, again = await node.run("t1", "Six", "numpy==2"), await node.run("t2", "numpy==2", "six", client="other")
    assert (first.status, again.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    assert [order.packages for order in node.layers.orders] == [("numpy==2", "six")]
    assert first.packages == again.packages == ["numpy==2==1", "six==1"]
    assert node.envs() == ["/packages/layer1"] * 2
    assert first.compile is not None
    assert first.compile.stderr == "Collecting\n"
    assert again.compile is None
    assert (node.packages.installed, node.packages.found) == (1, 1)


async def test_a_search_path_of_the_task_comes_before_its_packages() -> None:
    node = Node()
    await node.run("t1", env={"PYTHONPATH": "/workspace/lib"})
    assert node.envs() == ["/workspace/lib:/packages/layer1"]


async def test_a_task_without_packages_installs_nothing_and_sees_none() -> None:
    node = Node()
    execution = await node.on.handle(FakeDelivery(a_task()))
    assert (execution.packages, node.envs(), node.layers.orders) == ([], [""], [])


async def test_whoever_watches_sees_the_task_run_and_what_the_installer_says() -> None:
    node = Node()
    node.layers.may_end.clear()
    _, handling = node.begin("t1")
    await node.on.announcer.spoke.wait()
    assert node.on.statuses == [Status.RUNNING]
    assert [(one.stage, one.stream, one.text) for one in node.on.announcer.chunks] == [
        ("compile", "stderr", "Collecting\n")
    ]
    node.layers.may_end.set()
    await handling
    assert node.on.statuses == [Status.RUNNING, Status.SUCCEEDED]


async def test_a_failed_installation_is_a_compile_error_of_all_that_name_the_same_for_a_while() -> None:
    node = Node()
    node.layers.exit_code = 1
    for task_id in ("t1", "t2"):
        execution = await node.run(task_id)
        assert execution.status is Status.COMPILE_ERROR
        assert execution.compile is not None
        assert (execution.compile.exit_code, execution.compile.stderr) == (1, "Collecting\n")
        assert execution.error
    assert len(node.layers.orders) == 1
    assert node.pool.launches == []
    node.now_s += 61
    node.layers.exit_code = 0
    assert (await node.run("t3")).status is Status.SUCCEEDED


async def test_what_cannot_be_kept_is_told_with_the_reason() -> None:
    node = Node()
    node.layers.fault = "has more than 3 files"
    execution = await node.run()
    assert (execution.status, execution.error) == (Status.COMPILE_ERROR, "has more than 3 files")


async def test_tasks_that_name_the_same_wait_for_one_installation() -> None:
    node = Node()
    node.layers.may_end.clear()
    (first, one), (second, two) = node.begin("t1"), node.begin("t2", client="other")
    await node.layers.begun.wait()
    node.layers.may_end.set()
    await asyncio.gather(one, two)
    assert len(node.layers.orders) == 1
    assert (first.said[-1], second.said[-1]) == ("done", "done")
    assert [
        chunk for chunk in node.on.announcer.chunks if chunk.id == "t2"
    ] == []  # it ended at once: the result has it
    second_result = node.on.sink.results["t2"].execution
    assert second_result.compile is not None
    assert second_result.compile.stderr == "Collecting\n"


@pytest.mark.parametrize(("installations", "client"), [(1, "other"), (5, "blog")])
async def test_a_client_with_many_sets_of_packages_holds_up_nobody(installations: int, client: str) -> None:
    """Of one client one set is installed at a time, of all so many; what must wait for that keeps no place."""
    node = Node(installations=installations, waiting=9)
    node.layers.may_end.clear()
    _, handling = node.begin("t1", "a")
    await node.layers.begun.wait()
    delivery, turned_away = node.begin("t2", "b", client=client)
    await turned_away
    assert delivery.said == ["retry_in 0.5"]
    assert node.packages.put_off == 1
    assert "t2" not in node.on.sink.results
    node.layers.may_end.set()
    await handling


async def test_only_so_many_tasks_wait_for_packages_and_the_rest_keep_no_place() -> None:
    node = Node(waiting=1)
    node.layers.may_end.clear()
    _, handling = node.begin("t1")
    await node.layers.begun.wait()
    delivery, turned_away = node.begin("t2", client="other")
    await turned_away
    assert delivery.said == ["retry_in 0.5"]
    node.layers.may_end.set()
    await handling
    assert (await node.run("t3")).status is Status.SUCCEEDED


async def test_an_installation_that_nobody_waits_for_any_more_is_ended_and_is_no_failure() -> None:
    node = Node()
    node.layers.may_end.clear()
    _, handling = node.begin("t1")
    await node.layers.begun.wait()
    await node.on.cancel("t1")
    await handling
    assert node.on.sink.results["t1"].execution.status is Status.CANCELLED
    delivery, too_early = node.begin("t2")
    await too_early
    assert delivery.said == ["retry_in 0.5"]  # it ends, and is not joined
    await node.layers.ended.wait()
    assert node.layers.given_up == 1
    node.layers.may_end.set()
    assert (await node.run("t3")).status is Status.SUCCEEDED


async def test_an_installation_goes_on_for_those_who_still_wait() -> None:
    node = Node()
    node.layers.may_end.clear()
    (_, first), (_, second) = node.begin("t1"), node.begin("t2", client="other")
    await node.layers.begun.wait()
    await node.on.cancel("t1")
    await first
    node.layers.may_end.set()
    await second
    assert node.on.sink.results["t2"].execution.status is Status.SUCCEEDED
    assert (len(node.layers.orders), node.layers.given_up) == (1, 0)


async def test_an_open_set_is_looked_up_anew_after_a_while_and_a_pinned_one_never() -> None:
    node = Node()
    await node.run("t1", "six")
    await node.run("t2", "six==1.17.0")
    node.now_s += 101
    await node.run("t3", "six")
    await node.run("t4", "six==1.17.0")
    assert [order.packages for order in node.layers.orders] == [("six",), ("six==1.17.0",), ("six",)]


async def test_what_there_is_no_room_for_goes_once_nobody_uses_it() -> None:
    node = Node(max_bytes=10)
    await node.run("t1", "a")
    await node.run("t2", "b")
    await asyncio.sleep(0)
    assert node.layers.removed == ["layer1"]
    await node.run("t3", "b")
    assert len(node.layers.orders) == 2


async def test_a_layer_that_is_larger_than_all_room_serves_its_task_and_goes() -> None:
    node = Node(max_bytes=0)
    assert (await node.run("t1")).status is Status.SUCCEEDED
    await asyncio.sleep(0)
    assert node.layers.removed == ["layer1"]


async def test_a_layer_that_is_found_while_it_goes_is_made_again() -> None:
    node = Node(max_bytes=0, installations=2, waiting=4)
    removing, may_end = asyncio.Event(), asyncio.Event()

    async def remove(layers: Collection[str], keys: Collection[str]) -> None:
        removing.set()
        await may_end.wait()
        node.layers.removed += layers

    node.layers.remove = remove  # type: ignore[method-assign]  # it takes its time
    await node.run("t1")
    await removing.wait()
    node.layers.orders.clear()  # the next one has the same content, and so the same name
    node.layers.begun.clear()
    _, handling = node.begin("t2")
    await node.layers.begun.wait()
    may_end.set()
    await handling
    assert len(node.layers.orders) == 2
    assert node.envs() == ["/packages/layer1", "/packages/layer2"]


async def test_what_an_earlier_life_installed_is_found() -> None:
    node = Node()
    order = Order.of(INDEXED, ["six"], node.pool.digest("python"), node.layers.source)
    node.layers.before = {order.key: KeptLayer(Layer("before", 1, ("six==1",)), node.now_s)}
    await node.packages.start([INDEXED])
    await node.run("t1")
    assert (node.envs(), node.layers.orders) == (["/packages/before"], [])


async def test_outcomes_with_packages_are_never_kept_for_others() -> None:
    execution = await Node().run("t1", keeps_answer=True, answer="a")
    assert execution.not_kept == "it has packages, which an index may change"


async def test_a_node_without_an_index_leaves_the_task_to_others() -> None:
    fakes = RunnerOnFakes(ScriptedPool(languages=[INDEXED]))
    delivery = FakeDelivery(a_task(packages=["six"]))
    await fakes.runner.handle(delivery)
    assert delivery.said == ["retry_in 0.25"]
    assert fakes.pool.launches == []


async def test_a_language_that_takes_no_packages_leaves_the_task_to_others() -> None:
    node = Node()
    delivery = FakeDelivery(a_task(packages=["six"], language="cpp"))
    await node.on.runner.handle(delivery)
    assert delivery.said == ["retry_in 0.25"]


async def test_a_task_whose_packages_are_of_another_kind_is_another_nodes() -> None:
    """It was REJECTED, though another node of the pool has what it names: during an upgrade, say."""
    node = Node()
    delivery = FakeDelivery(a_task("t1", packages=["six", "@babel/core@^7"]))
    await node.on.runner.handle(delivery)
    assert (delivery.said, node.on.sink.results) == (["retry_in 0.25"], {})
    assert (node.layers.orders, node.pool.launches) == ([], [])


async def test_a_task_whose_packages_are_of_no_nodes_kind_ends_in_words_of_ours() -> None:
    node = Node()
    delivery = FakeDelivery(a_task("t1", packages=["@babel/core@^7"]), attempt=MAX_DELIVERIES)
    ended = await node.on.handle(delivery)
    assert ended.status is Status.INTERNAL_ERROR
    assert "packages of the kind pypi for python: '@babel/core@^7' is no package as pypi names them" in ended.error


def test_a_layer_reaches_a_programs_environment_its_compilers_and_its_folder() -> None:
    rule = replace(RULE, compile_env={"LIBRARY": "{layer}/x"}, links={"modules": "{layer}/modules"})
    program = program_of(replace(CPP, packages=rule), "14", [SourceFile("", "x")], env={"PYTHONPATH": "/mine"})
    found = with_layer(program, Layer("l", 1, ()))
    assert found.env == {"PYTHONPATH": "/mine:/packages/l"}
    assert CPP.compile is not None
    compiling = compile_launch(found, CPP.compile)
    assert dict(compiling.env) == {**CPP.compile.env, "LIBRARY": "/packages/l/x"}
    running = run_launch(runnable_as_submitted(found), stdin="", args=(), limits=some_limits())
    assert compiling.links == running.links == {"modules": "/packages/l/modules"}


def test_an_order_depends_on_all_that_decides_what_is_installed() -> None:
    keys = {
        Order.of(INDEXED, packages, digest, source).key
        for packages in (["a"], ["b"], ["a", "b"], ["a==1"])
        for digest in ("one image", "another")
        for source in (["installer", "index"], ["newer", "index"], ["installer", "mirror"])
    }
    assert len(keys) == 24
    assert Order.of(INDEXED, ["A_b", "c"], "d", "s").key == Order.of(INDEXED, ["c", "a-b"], "d", "s").key


async def test_what_came_from_another_index_is_not_lent() -> None:
    node = Node()
    await node.run("t1")
    node.layers.source = ("installer", "https://mirror.example/simple/")
    await node.run("t2")
    assert node.envs() == ["/packages/layer1", "/packages/layer2"]

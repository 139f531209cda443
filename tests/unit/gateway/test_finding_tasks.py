"""Get, List and the catalog."""

from __future__ import annotations

import msgspec
import pytest

from broker_gateway.application.cancellation import ANYBODY
from broker_gateway.application.catalog_service import version_key
from broker_gateway.application.commands import Invalid, UnknownTask
from broker_gateway.application.ports import Page, TaskFilter
from schemas.execution import Execution
from schemas.status import NodeState, Status
from tests.builders import a_language_record, a_node_record, an_execution
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes, submitted


async def status(gateway: GatewayOnFakes, task_id: str) -> Status | None:
    found = await gateway.service.get(task_id, ANYBODY)
    return found.status if isinstance(found, Execution) else None


async def test_a_task_is_found_in_each_of_its_states(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    assert await status(gateway, task_id) is Status.QUEUED
    gateway.start(task_id)
    assert await status(gateway, task_id) is Status.RUNNING
    gateway.finish(task_id)
    assert await gateway.service.get(task_id, ANYBODY) == an_execution(task_id)


async def test_a_task_whose_event_is_not_stored_yet_is_found_in_the_queue(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway, labels={"post": "7"})
    gateway.bus.history.clear()
    found = await gateway.service.get(task_id, ANYBODY)
    assert isinstance(found, Execution)
    assert (found.status, found.labels) == (Status.QUEUED, {"post": "7"})


async def test_a_task_whose_result_has_aged_out_is_found_in_the_history(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.finish(task_id)
    gateway.bus.history[task_id] = an_execution(task_id, status=Status.FAILED)
    gateway.bus.results.clear()
    assert await status(gateway, task_id) is Status.FAILED


@pytest.mark.parametrize("moment", ["latest", "find_task"])
async def test_a_task_that_ends_while_it_is_looked_for_is_found(gateway: GatewayOnFakes, moment: str) -> None:
    task_id = await submitted(gateway)
    gateway.bus.history.clear()

    async def finish() -> None:
        gateway.finish(task_id)

    gateway.bus.before[moment] = finish
    assert await status(gateway, task_id) is Status.SUCCEEDED


async def test_a_task_whose_end_is_announced_while_it_is_looked_for_is_found_with_its_output(
    gateway: GatewayOnFakes,
) -> None:
    task_id = await submitted(gateway)

    async def finish() -> None:
        result = gateway.finish(task_id)
        gateway.bus.history[task_id] = msgspec.structs.replace(result.execution, run=None)

    gateway.bus.before["latest"] = finish
    assert await gateway.service.get(task_id, ANYBODY) == an_execution(task_id)


async def test_a_task_whose_events_say_that_it_runs_is_looked_for_nowhere_else(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.start(task_id)
    gateway.bus.calls.clear()
    assert await status(gateway, task_id) is Status.RUNNING
    assert gateway.bus.calls == ["find_result", "latest"]


@pytest.mark.parametrize("task_id", ["unknown", "", "a.b", "*", ">", "x" * 65])
async def test_an_unknown_id_is_not_found_and_makes_no_subject(gateway: GatewayOnFakes, task_id: str) -> None:
    assert await gateway.service.get(task_id, ANYBODY) == UnknownTask(task_id)


async def test_a_list_goes_page_by_page_newest_first(gateway: GatewayOnFakes) -> None:
    ids = [await submitted(gateway) for _ in range(5)]
    first = await gateway.service.list(TaskFilter(), 3, "")
    assert isinstance(first, Page)
    second = await gateway.service.list(TaskFilter(), 3, first.next_token)
    assert isinstance(second, Page)
    assert [one.id for one in (*first.executions, *second.executions)] == ids[::-1]
    assert second.next_token == ""


async def test_a_list_may_name_its_language_by_an_alias(gateway: GatewayOnFakes) -> None:
    await submitted(gateway)
    found = await gateway.service.list(TaskFilter(language="PY"), 0, "")
    none = await gateway.service.list(TaskFilter(language="java"), 0, "")
    assert isinstance(found, Page)
    assert isinstance(none, Page)
    assert (len(found.executions), len(none.executions)) == (1, 0)


async def test_a_page_has_fifty_unless_asked_for(gateway: GatewayOnFakes) -> None:
    for _ in range(51):
        await submitted(gateway)
    page = await gateway.service.list(TaskFilter(), 0, "")
    assert isinstance(page, Page)
    assert len(page.executions) == 50


async def test_a_page_too_large_or_a_foreign_token_is_refused(gateway: GatewayOnFakes) -> None:
    large = await gateway.service.list(TaskFilter(), 201, "")
    foreign = await gateway.service.list(TaskFilter(), 10, "nonsense")
    assert isinstance(large, Invalid)
    assert isinstance(foreign, Invalid)
    assert (large.violations[0].field, foreign.violations[0].field) == ("page_size", "page_token")


def test_languages_are_merged_over_live_nodes_with_the_newest_version_first(gateway: GatewayOnFakes) -> None:
    gateway.directory.records = [
        a_node_record(
            "a", a_language_record("python", "3.9.2", "py"), a_language_record("java", "21.0.4", compiled=True)
        ),
        a_node_record(
            "b", a_language_record("python", "3.13.5", "py", "python3"), a_language_record("python", "3.9.2")
        ),
        a_node_record("c", a_language_record("cobol", "1"), state=NodeState.DRAINING),
    ]
    java, python = gateway.catalog.languages()
    assert (java.name, java.compiled, java.nodes) == ("java", True, 1)
    assert (python.versions, python.aliases, python.nodes) == (["3.13.5", "3.9.2"], ["py", "python3"], 2)
    assert [one.id for one in gateway.catalog.nodes()] == ["a", "b", "c"]


MIB = 1 << 20


@pytest.mark.parametrize(
    ("told", "median"),
    [([], 0), ([0, 0], 0), ([9, 0], 9), ([8, 9], 8), ([8, 9, 60_000], 9)],
    ids=["nobody", "older nodes", "an older node beside one that tells", "two", "one that is wrong"],
)
def test_an_interpreters_own_memory_is_the_median_of_the_nodes_that_tell_it(
    gateway: GatewayOnFakes, told: list[int], median: int
) -> None:
    said = [a_language_record(baseline_memory_bytes=mib * MIB) for mib in told] or [a_language_record()]
    gateway.directory.records = [a_node_record(f"n{number}", record) for number, record in enumerate(said)]
    (python,) = gateway.catalog.languages()
    assert python.baseline_memory_bytes == median * MIB


def test_a_node_that_names_a_language_many_times_has_one_voice_in_its_memory(gateway: GatewayOnFakes) -> None:
    many = [a_language_record("python", str(number), baseline_memory_bytes=64 << 30) for number in range(256)]
    honest = [a_node_record(name, a_language_record(baseline_memory_bytes=9 * MIB)) for name in ("a", "b")]
    gateway.directory.records = [*honest, a_node_record("c", *many)]
    (python,) = gateway.catalog.languages()
    assert python.baseline_memory_bytes == 9 * MIB


def test_versions_sort_by_their_numbers() -> None:
    versions = ["3.9", "3.13", "3.13rc1", "3.13.1", "14.2.0", "1.24.4", "3.2"]
    ordered = ["1.24.4", "3.2", "3.9", "3.13rc1", "3.13", "3.13.1", "14.2.0"]
    assert sorted(versions, key=version_key) == ordered


async def test_a_node_is_told_to_drain(gateway: GatewayOnFakes) -> None:
    assert await gateway.operations.drain("n1")
    assert gateway.control.orders == [("n1", "drain")]

"""Looking at tasks and nodes, and cancelling a task."""

from __future__ import annotations

from coderunner.v1 import catalog_pb2
from coderunner.v1 import execution_pb2 as pb
from schemas.status import NodeState
from tests.builders import a_node_record
from tests.unit.gateway.grpc_calls import Calls


async def test_a_list_is_filtered_and_paged(calls: Calls) -> None:
    ids = [await calls.submit(labels={"n": str(number)}) for number in range(3)]
    calls.gateway.start(ids[0])
    first = await calls.execution.List(pb.ListRequest(page_size=2))
    rest = await calls.execution.List(pb.ListRequest(page_size=2, page_token=first.next_page_token))
    assert [one.id for one in (*first.executions, *rest.executions)] == ids[::-1]
    running = await calls.execution.List(pb.ListRequest(statuses=[pb.Execution.RUNNING]))
    labelled = await calls.execution.List(pb.ListRequest(labels={"n": "1"}))
    assert [one.id for one in running.executions] == ids[:1]
    assert [one.id for one in labelled.executions] == ids[1:2]


async def test_cancel_says_whether_it_was_in_time(calls: Calls) -> None:
    task_id = await calls.submit()
    first = await calls.execution.Cancel(pb.CancelRequest(id=task_id))
    second = await calls.execution.Cancel(pb.CancelRequest(id=task_id))
    assert (first.cancelled, first.execution.status) == (True, pb.Execution.CANCELLED)
    assert (second.cancelled, second.execution.status) == (False, pb.Execution.CANCELLED)


async def test_the_catalog_tells_languages_and_nodes(calls: Calls) -> None:
    calls.gateway.directory.records = [a_node_record("a"), a_node_record("b", state=NodeState.DRAINING)]
    (language,) = (await calls.catalog.ListLanguages(catalog_pb2.ListLanguagesRequest())).languages
    nodes = (await calls.catalog.ListNodes(catalog_pb2.ListNodesRequest())).nodes
    assert (language.name, list(language.versions), language.nodes) == ("python", ["3.13.5"], 1)
    assert [(one.id, one.state) for one in nodes] == [
        ("a", catalog_pb2.Node.READY),
        ("b", catalog_pb2.Node.DRAINING),
    ]
    assert dict(nodes[0].languages) == {"python": "3.13.5"}

"""What the bus keeps of a task: one result, and a dead letter where it could not be run."""

from __future__ import annotations

import asyncio
import json

import msgspec

from broker_gateway.domain.seals import Seals
from node.domain.verdict import stage_of
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsResultSink
from schemas import names
from schemas.execution import ResultMessage
from schemas.status import Priority, Status
from schemas.task import Callback
from tests.builders import a_result_of, a_task, an_outcome
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode
from tests.servers.bus import node_connection
from tests.servers.nats import NatsServer


async def test_a_task_that_always_loses_its_sandbox_ends_in_the_dead_letters(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    await start_node()
    await gateway.submit(a_task("poison", env={"SIMULATED_LOST": "1"}), a_task("good"))
    execution = await gateway.result("poison")
    assert (execution.status, execution.attempt) == (Status.INTERNAL_ERROR, 3)
    assert execution.error.startswith("gave up at attempt 3, delivery 3: the sandbox was lost")
    letter = await gateway.dead("poison", "poison")
    assert letter.detail == execution.error
    assert json.loads(letter.payload)["id"] == "poison"
    assert (await gateway.result("good")).status is Status.SUCCEEDED
    await gateway.queue_empties()
    assert await gateway.starts("poison") == 3


async def test_a_result_that_is_there_already_wins(gateway: GatewayStandIn, start_node: StartNode) -> None:
    await gateway.submit(a_task("t1", stdin="second"))
    node = await start_node("n1", concurrency=1)
    first = await gateway.result("t1")
    await gateway.submit(a_task("t1", stdin="third"))
    await gateway.queue_empties()
    assert await gateway.messages(names.STREAM_RESULTS) == 1
    assert gateway.results["t1"] == first
    await asyncio.wait_for(node.task_loops.wait_until_quiet(), 5)  # the acknowledgement comes just before the end


async def test_a_message_that_is_no_task_is_buried_and_answered(gateway: GatewayStandIn, start_node: StartNode) -> None:
    await start_node()
    await gateway.client.publish(names.task_subject("default", Priority.HIGH, "broken"), b"{not json")
    assert (await gateway.result("broken")).status is Status.INTERNAL_ERROR
    assert (await gateway.dead("malformed", "broken")).payload == "{not json"
    await gateway.queue_empties()


async def test_a_sealed_task_that_is_not_understood_is_answered_so_that_its_gateway_believes_it(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    """As a node of an older version does, once there are fields that it does not know how to read."""
    seals, callback = Seals(["a secret of the gateways, of 32 characters"]), Callback(url="http://h/", headers="one")
    task = seals.sealed(a_task("newer", callback=callback, labels={"post": "7"}, answer="a.b.c", keeps_answer=True))
    await start_node()
    newer = msgspec.json.decode(msgspec.json.encode(task)) | {"limits": "of another kind"}
    subject = names.task_subject("default", Priority.HIGH, task.id)
    await gateway.client.publish(subject, msgspec.json.encode(newer))
    assert (await gateway.result(task.id)).status is Status.INTERNAL_ERROR
    stored = await gateway.client.jetstream().get_last_msg(names.STREAM_RESULTS, names.result_subject(task.id))
    result = msgspec.json.decode(stored.data or b"", type=ResultMessage)
    assert (result.client, result.callback) == ("blog", callback)
    assert seals.binds(result, task.id)
    await gateway.queue_empties()


async def test_a_message_that_its_dead_letter_has_no_room_for_is_buried_all_the_same(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    """It came again for ever."""
    await start_node()
    await gateway.client.publish(names.task_subject("default", Priority.HIGH, "large"), b'"' * 900_000)
    letter = await gateway.dead("malformed", "large")
    assert "of the message's 900000 bytes only the beginning fits" in letter.detail
    assert (await gateway.result("large")).status is Status.INTERNAL_ERROR
    await gateway.queue_empties()


async def test_a_result_too_large_for_a_message_is_cut_and_says_so(
    nats_server: NatsServer, gateway: GatewayStandIn
) -> None:
    bus = await node_connection(nats_server.url)
    flood = an_outcome(stdout=b"\x01" * 200_000)  # six characters each in JSON: over the bus's 1 MB
    task = a_task("t1")
    assert await NatsResultSink(Publisher(bus)).store(a_result_of(task, run=stage_of(flood)), task.reply)
    stage = (await gateway.result("t1")).run
    assert stage is not None
    assert (stage.stdout_truncated, len(stage.stdout)) == (True, 16_384)
    await bus.close()


async def test_a_stored_result_of_ours_whose_answer_was_lost_counts_as_stored(
    gateway: GatewayStandIn, nats_server: NatsServer
) -> None:
    bus = await node_connection(nats_server.url)
    sink = NatsResultSink(Publisher(bus))
    task = a_task("t1")
    ours = a_result_of(task, Status.FAILED)
    assert await sink.store(ours, task.reply)
    assert await sink.store(ours, task.reply)
    assert not await sink.store(msgspec.structs.replace(ours, client="other"), task.reply)
    await bus.close()


async def test_a_task_that_names_anothers_reply_subject_is_malformed_and_writes_nothing_there(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    await start_node()
    await gateway.submit(a_task("thief", reply=names.result_subject("victim")))
    execution = await gateway.result("thief")
    assert execution.status is Status.INTERNAL_ERROR
    assert "'coderunner.v1.result.victim' takes no results of task 'thief'" in execution.error
    assert '"id":"thief"' in (await gateway.dead("malformed", "thief")).payload
    await gateway.queue_empties()
    assert await gateway.starts("thief") == 0
    await gateway.submit(a_task("victim"))
    assert (await gateway.result("victim")).status is Status.SUCCEEDED

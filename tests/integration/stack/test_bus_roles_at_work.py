"""nats.conf on a real server: its roles do their work with what they may."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg

from schemas import names, topology
from schemas.consumer_requests import create_consumer_request
from schemas.pulls import pull_request
from schemas.status import PRIORITIES_BY_URGENCY, Priority, Status
from tests.integration.stack.every_subject import STREAMS
from tests.servers.fixtures import StartNats
from tests.servers.nats import REPOSITORY
from tests.servers.settling import settled

README = REPOSITORY / "README.md"
TASK = names.task_subject("default", Priority.NORMAL, "t1")


async def test_the_commands_of_the_readme_work_for_the_operator(start_nats: StartNats) -> None:
    """What the ``nats`` command asks for each of them."""
    bus = start_nats(roles=True)
    gateway, operator = await bus.connect("gateway"), await bus.connect("operator")
    try:
        for config in topology.streams(topology.BusLimits(joins=True)):
            await _ask(gateway, f"$JS.API.STREAM.CREATE.{config['name']}", json.dumps(config).encode())
        for priority in PRIORITIES_BY_URGENCY:
            config = topology.task_consumer("default", priority)
            await _ask(gateway, *create_consumer_request(names.STREAM_TASKS, config))
        for status in (Status.QUEUED, Status.RUNNING):
            await _ask(gateway, names.event_subject("read", status), status.encode())
        assert len((await _ask(operator, "$JS.API.STREAM.LIST", b""))["streams"]) == len(STREAMS)
        assert len((await _ask(operator, "$JS.API.CONSUMER.LIST.CODERUNNER_TASKS", b""))["consumers"]) == 3
        assert "num_pending" in await _ask(operator, "$JS.API.CONSUMER.INFO.CODERUNNER_TASKS.default-normal", b"")
        of_task = {"subjects_filter": names.events_of("read")}
        info = await _ask(operator, "$JS.API.STREAM.INFO.CODERUNNER_EVENTS", json.dumps(of_task).encode())
        assert len(info["state"]["subjects"]) == 2
        last = await operator.jetstream().get_last_msg(names.STREAM_EVENTS, names.events_of("read"))
        assert last.data == b"RUNNING"
        assert await _events_of(operator, "read") == [b"QUEUED", b"RUNNING"]
    finally:
        await gateway.close()
        await operator.close()


async def _events_of(client: Client, task_id: str) -> list[bytes]:
    """With the request that the README gives, up to the marker of the end."""
    line = re.search(r"DIRECT\.GET\.CODERUNNER_EVENTS' '(.*)'$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    answers = await client.subscribe(inbox := client.new_inbox())
    body = line[1].replace("ID", task_id).encode()
    await client.publish(f"$JS.API.DIRECT.GET.{names.STREAM_EVENTS}", body, reply=inbox)
    found = []
    while "Status" not in ((message := await answers.next_msg(timeout=5)).headers or {}):
        found.append(message.data)
    return found


async def test_a_task_makes_its_way_with_these_permissions(start_nats: StartNats) -> None:
    violations: list[str] = []

    async def remember(error: Exception) -> None:
        violations.append(str(error))

    bus = start_nats(roles=True)
    gateway = await bus.connect("gateway", error_cb=remember)
    node = await bus.connect("node", error_cb=remember)
    operator = await bus.connect("operator", error_cb=remember)
    try:
        await _one_task(gateway, node)
        assert await _one_order(gateway, node) == b"obeyed"
        listed = await operator.jetstream().streams_info()
        assert {info.config.name for info in listed} == set(STREAMS)
        stored = await operator.jetstream().get_msg(names.STREAM_RESULTS, subject=names.result_subject("t1"))
        assert stored.data == b"42"
    finally:
        for client in (gateway, node, operator):
            await client.close()
    assert violations == []


async def _one_task(gateway: Client, node: Client) -> None:
    for config in topology.streams(topology.BusLimits(joins=True)):
        await _ask(gateway, f"$JS.API.STREAM.CREATE.{config['name']}", json.dumps(config).encode())
        await _ask(gateway, f"$JS.API.STREAM.UPDATE.{config['name']}", json.dumps(config).encode())
    consumers = [topology.task_consumer("default", one) for one in PRIORITIES_BY_URGENCY]
    for config in consumers:
        await _ask(gateway, *create_consumer_request(names.STREAM_TASKS, config))
    await _ask(gateway, *create_consumer_request(names.STREAM_RESULTS, topology.relay_consumer()))
    stored = await gateway.subscribe(topology.STORED_RESULTS_WILDCARD)
    await settled(gateway)
    await _ask(gateway, TASK, b"6 * 7")
    task = await _pull(node, names.STREAM_TASKS, "default-normal", load_priority=0)
    assert task.data == b"6 * 7"
    await _ask(node, names.result_subject("t1"), b"42")
    assert (await stored.next_msg(timeout=5)).data == b"42"
    await node.request(task.reply, b"+ACK", timeout=5)
    result = await _pull(gateway, names.STREAM_RESULTS, names.RELAY_CONSUMER, load_priority=None)
    await gateway.request(result.reply, b"+ACK", timeout=5)
    info = await _ask(gateway, f"$JS.API.CONSUMER.INFO.{names.STREAM_TASKS}.default-normal", b"")
    assert (info["num_pending"], info["num_ack_pending"]) == (0, 0)
    await _ask(gateway, f"$JS.API.STREAM.PURGE.{names.STREAM_TASKS}", b'{"filter":"coderunner.v1.task.*.*.t1"}')


async def _one_order(gateway: Client, node: Client) -> bytes:
    async def obey(message: Msg) -> None:
        await message.respond(b"obeyed")

    await node.subscribe(names.CANCEL_WILDCARD, cb=obey)
    await settled(node)
    return (await gateway.request(names.cancel_subject("t1"), b"", timeout=5)).data


async def _ask(client: Client, subject: str, payload: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((await client.request(subject, payload, timeout=5)).data)
    assert "error" not in answer, answer
    return answer


async def _pull(client: Client, stream: str, durable: str, *, load_priority: int | None) -> Msg:
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    request = pull_request(batch=1, expires_s=5, load_priority=load_priority)
    await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}", request, reply=inbox)
    async with asyncio.timeout(5):
        message = await subscription.next_msg(timeout=5)
    await subscription.unsubscribe()
    return message

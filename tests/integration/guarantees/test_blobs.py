"""Blobs on a real bus: each client's are its own, nodes fetch them once and can neither read nor change any other, and
what breaks off leaves nothing for longer than blobs are kept."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from broker_gateway.infrastructure.bus.blobs import BusBlobStore
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from coderunner import Blob, Client, InvalidTask, LanguageUnavailable, NotFound, QueueFull
from coderunner.model import Status
from coderunner.v1 import blobs_pb2, blobs_pb2_grpc
from schemas import blob_names
from schemas.blob import CHUNK_BYTES
from schemas.names import INBOX_GATEWAY
from tests.builders import a_language_record, a_node_record
from tests.integration.guarantees.listed_node import list_node
from tests.integration.guarantees.simulated_tasks import started, submit
from tests.servers.bus import node_connection
from tests.servers.fixtures import StartStack
from tests.servers.stack import Node, Stack
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": [LANGUAGE], "concurrency": 1}
GATEWAY: dict[str, Any] = {"tokens": {"good": "g", "other": "o"}}
DATA = os.urandom(5 * CHUNK_BYTES + 7)
PATIENCE_S = 30.0


@asynccontextmanager
async def gateways_bus(stack: Stack) -> AsyncIterator[BusConnection]:
    """What a gateway may do, to look at what is stored."""
    url = stack.nats.members[0].url_as("gateway")
    bus = BusConnection(BusSettings(urls=[url], name="test", inbox_prefix=INBOX_GATEWAY, timeout_s=2.0))
    bus.start()
    await bus.wait_connected()
    yield bus
    await bus.close()


async def serving(client: Client) -> None:
    async def serves() -> bool:
        return LANGUAGE in {one.name for one in await client.languages()}

    await eventually(serves, PATIENCE_S)


def counted(node: Node, name: str) -> float:
    found = re.search(rf"^coderunner_node_{name} (\S+)$", node.get("/metrics")[1], re.MULTILINE)
    assert found is not None, name
    return float(found[1])


async def test_a_digest_is_no_right_to_another_clients_blob(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    target = stack.gateways[0].target
    async with Client(target, token="g") as good, Client(target, token="o") as other:
        await serving(good)
        blob = await good.put_blob(DATA)
        assert await good.get_blob(blob.digest) == DATA
        assert await other.find_blob(blob.digest) is None
        with pytest.raises(NotFound):
            await other.get_blob(blob.digest)
        with pytest.raises(InvalidTask):
            await other.submit(LANGUAGE, {"main": "1", "data": blob})
        theirs = await other.put_blob(DATA)
        assert theirs.digest == blob.digest
        for client in (good, other):
            assert (await client.run(LANGUAGE, {"main": "1", "data": blob})).status is Status.SUCCEEDED
    assert (counted(stack.nodes[0], "blobs_fetched_total"), counted(stack.nodes[0], "blobs_found_total")) == (2, 0)


async def test_the_second_task_finds_it_in_the_nodes_cache_also_after_a_kill(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    node = stack.nodes[0]
    async with Client(stack.gateways[0].target, token="g") as good:
        await serving(good)
        blob = await good.put_blob(DATA)
        for _ in range(3):
            assert (await good.run(LANGUAGE, "1", stdin=blob)).status is Status.SUCCEEDED
        assert (counted(node, "blobs_fetched_total"), counted(node, "blobs_found_total")) == (1, 2)
        node.kill()
        node.start()
        assert (await good.run(LANGUAGE, "1", stdin=blob)).status is Status.SUCCEEDED
    assert (counted(node, "blobs_fetched_total"), counted(node, "blobs_found_total")) == (0, 1)


async def test_a_blob_that_is_gone_before_the_run_ends_its_task_in_words(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    async with Client(stack.gateways[0].target, token="g") as good, gateways_bus(stack) as bus:
        await serving(good)
        blob = await good.put_blob(DATA)
        await started(good, await submit(good, LANGUAGE, 1_500))
        waiting = await good.submit(LANGUAGE, {"main": "1", "data": blob})
        await jetstream.call(bus, f"STREAM.PURGE.{blob_names.STREAM_BLOBS}")
        ended = await asyncio.wait_for(good.follow(waiting), PATIENCE_S)
    assert (ended.status, ended.error) == (Status.REJECTED, f"the blob {blob.digest} is not kept any more")


async def test_beside_a_node_of_an_older_version_a_task_with_a_blob_is_refused_and_others_run(
    start_stack: StartStack,
) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    async with Client(stack.gateways[0].target, token="g") as good:
        await serving(good)
        blob = await good.put_blob(DATA)
        await list_node(stack, a_node_record("old", a_language_record(LANGUAGE, "1"), takes_blobs=False))

        async def is_refused() -> bool:
            try:
                await good.submit(LANGUAGE, "1", stdin=blob)
            except LanguageUnavailable as error:
                return "'old'" in str(error)
            return False

        await eventually(is_refused, PATIENCE_S)
        assert (await good.run(LANGUAGE, "1", stdin="text")).status is Status.SUCCEEDED


async def test_who_has_a_nodes_key_reads_no_blob_by_asking_and_changes_none(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    async with Client(stack.gateways[0].target, token="g") as good, gateways_bus(stack) as bus:
        blob = await good.put_blob(DATA)
        held = await BusBlobStore(bus).find("good", blob.digest)
        assert held is not None
        thief = await node_connection(stack.nats.members[0].url_as("node"), "thief")
        client = held.place.partition(".")[0]
        asked = blob_names.ask_blob_subject(held.place, 0)
        assert (await thief.request(asked, b"")).data == DATA[:CHUNK_BYTES], "who knows its place may"
        for place in ("*.*", f"{client}.*", "*.>"):
            with pytest.raises(BusUnavailableError):
                await thief.request(f"coderunner.v1.ask.blob.{place}.0", b"", timeout_s=0.3)
        assert (await thief.request(f"coderunner.v1.ask.blob.{client}.guessed.0", b"")).data == b""
        for subject in (blob_names.chunk_subject(held.place, 0), blob_names.blob_subject("good", blob.digest)):
            with pytest.raises(BusUnavailableError):
                await jetstream.store(thief, subject, b"mean", timeout_s=0.3)
        assert await good.get_blob(blob.digest) == DATA
        await thief.close()


async def test_a_client_has_its_quota_and_no_more(start_stack: StartStack) -> None:
    stack = start_stack(gateway={**GATEWAY, "quota_blob_bytes": 8 * CHUNK_BYTES}, node=NODE)
    target = stack.gateways[0].target
    async with Client(target, token="g") as good, Client(target, token="o") as other:
        await good.put_blob(DATA)
        with pytest.raises(QueueFull, match="no room"):
            await good.put_blob(DATA[1:])
        await other.put_blob(DATA[1:])


async def chunks_stored(bus: BusConnection) -> int:
    return await BusBlobStore(bus).held_bytes("good") // CHUNK_BYTES


@asynccontextmanager
async def unfinished_upload(target: str, chunks: int) -> AsyncIterator[Any]:
    """An upload of which so much was sent, and that does not go on."""

    async def pieces() -> AsyncIterator[blobs_pb2.PutBlobRequest]:
        for _ in range(chunks):
            yield blobs_pb2.PutBlobRequest(data=os.urandom(CHUNK_BYTES))
        await asyncio.Event().wait()

    async with grpc.aio.insecure_channel(target) as channel:
        stub: Any = blobs_pb2_grpc.BlobServiceStub(channel)
        yield stub.PutBlob(pieces(), metadata=(("authorization", "Bearer g"),))


async def test_an_upload_that_its_caller_leaves_is_taken_away(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    async with gateways_bus(stack) as bus, unfinished_upload(stack.gateways[0].target, 3) as call:

        async def there(chunks: int) -> bool:
            return await chunks_stored(bus) == chunks

        await eventually(lambda: there(3), PATIENCE_S)
        call.cancel()
        await eventually(lambda: there(0), PATIENCE_S)


async def test_what_a_killed_gateway_leaves_of_an_upload_goes_with_its_time(start_stack: StartStack) -> None:
    stack = start_stack(gateway={**GATEWAY, "blob_age_s": 4.0}, node=NODE)
    gateway = stack.gateways[0]
    async with gateways_bus(stack) as bus:

        async def there(chunks: int) -> bool:
            return await chunks_stored(bus) == chunks

        async with unfinished_upload(gateway.target, 3):
            await eventually(lambda: there(3), PATIENCE_S)
            gateway.kill()
        await eventually(lambda: there(0), PATIENCE_S)
        gateway.start()
        async with Client(gateway.target, token="g") as good:
            blob = await good.put_blob(DATA)
            assert await good.get_blob(blob.digest) == DATA
            assert await good.find_blob(Blob(blob.digest).digest) is not None

"""The node directory on a real etcd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aetcd
import msgspec
import pytest
import structlog

from broker_gateway.infrastructure import directory as directory_module
from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from chassis.etcd import EtcdSettings
from schemas import names
from schemas.node import NodeRecord
from tests.builders import a_node_record
from tests.servers import EtcdCluster, EtcdServer
from tests.servers.fixtures import StartEtcd


@asynccontextmanager
async def following(*endpoints: str) -> AsyncIterator[EtcdNodeDirectory]:
    directory = EtcdNodeDirectory(EtcdSettings(endpoints=endpoints, reconnect_base_s=0.05, reconnect_max_s=0.3))
    directory.start()
    try:
        yield directory
    finally:
        await directory.close()


async def has(directory: EtcdNodeDirectory, *node_ids: str) -> None:
    """Returns once these are the live nodes."""
    async with asyncio.timeout(20):
        await directory.synced.wait()
        while [node.id for node in directory.nodes()] != list(node_ids):
            await directory.changed()


async def on(server: EtcdServer, do: Callable[[aetcd.Client], Awaitable[object]]) -> None:
    async with aetcd.Client(port=server.port, host="127.0.0.1") as client:
        await do(client)


async def put(server: EtcdServer, record: NodeRecord) -> None:
    await on(server, lambda client: client.put(names.node_key(record.id).encode(), msgspec.json.encode(record)))


async def test_nodes_that_were_there_before_and_those_that_come_are_known_whole(etcd_server: EtcdServer) -> None:
    await put(etcd_server, a_node_record("b"))
    async with following(etcd_server.endpoint) as directory:
        await has(directory, "b")
        await put(etcd_server, a_node_record("a", running=3))
        await has(directory, "a", "b")
        assert directory.nodes() == (a_node_record("a", running=3), a_node_record("b"))


async def test_a_node_whose_lease_ended_is_gone(etcd_server: EtcdServer) -> None:
    async with aetcd.Client(port=etcd_server.port, host="127.0.0.1") as client:
        lease = await client.lease(60)
        await client.put(names.node_key("a").encode(), msgspec.json.encode(a_node_record("a")), lease=lease)
        await put(etcd_server, a_node_record("b"))
        async with following(etcd_server.endpoint) as directory:
            await has(directory, "a", "b")
            await lease.revoke()
            await has(directory, "b")


def test_reading_the_same_nodes_again_is_no_change() -> None:
    directory = EtcdNodeDirectory(EtcdSettings(endpoints=[]))
    pair = (names.node_key("a").encode(), msgspec.json.encode(a_node_record("a")))
    directory._replace([pair])
    before = directory.nodes()
    directory._replace([pair])
    assert directory.nodes() is before
    other = (names.node_key("b").encode(), msgspec.json.encode(a_node_record("b")))
    directory._replace([pair, other])
    assert directory.nodes()[0] is before[0]
    assert len(directory.nodes()) == 2


async def test_the_last_known_nodes_stay_while_etcd_is_away_and_follow_it_after(
    start_etcd: StartEtcd,
) -> None:
    server = start_etcd()
    await put(server, a_node_record("a"))
    await put(server, a_node_record("b"))
    async with following(server.endpoint) as directory:
        await has(directory, "a", "b")
        server.stop()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await directory.changed()
        assert [node.id for node in directory.nodes()] == ["a", "b"]
        server.start()
        await on(server, lambda client: client.delete(names.node_key("a").encode()))
        await has(directory, "b")


async def test_it_starts_before_etcd_does(start_etcd: StartEtcd) -> None:
    server = start_etcd()
    await put(server, a_node_record("a"))
    server.stop()
    async with following(server.endpoint) as directory:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await directory.synced.wait()
        assert directory.nodes() == ()
        server.start()
        await has(directory, "a")


async def test_a_record_that_is_not_understood_hides_no_other(etcd_server: EtcdServer) -> None:
    await on(etcd_server, lambda client: client.put(names.node_key("bad").encode(), b"{"))
    await put(etcd_server, a_node_record("good"))
    async with following(etcd_server.endpoint) as directory:
        await has(directory, "good")
        await on(etcd_server, lambda client: client.put(names.node_key("good").encode(), b"[]"))
        await has(directory)


FORGED = {
    "a pool that matches every queue": (names.node_key("a"), a_node_record("a", pools=[">"])),
    "a pool of two tokens": (names.node_key("a"), a_node_record("a", pools=["a.b"])),
    "another node's key": (names.node_key("a"), a_node_record("b")),
    "a key that is none": (f"{names.NODES_PREFIX}a\x1b[2J", a_node_record("a")),
    "an escape in the host's name": (names.node_key("a"), a_node_record("a", host="\x1b[2J\x1b[1;1H")),
    "more than a record has": (names.node_key("a"), a_node_record("a", labels={"x": "y" * (64 << 10)})),
}


@pytest.mark.parametrize("forged", FORGED)
async def test_a_record_that_no_node_writes_is_left_out_counted_and_logged_once(
    etcd_server: EtcdServer, forged: str
) -> None:
    key, record = FORGED[forged]
    refused: list[None] = []
    directory = EtcdNodeDirectory(EtcdSettings(endpoints=[etcd_server.endpoint]), lambda: refused.append(None))
    directory.start()
    try:
        await asyncio.wait_for(directory.synced.wait(), 20)  # from here on each writing is seen
        with structlog.testing.capture_logs() as logged:
            for _ in range(2):
                await on(etcd_server, lambda client: client.put(key.encode(), msgspec.json.encode(record)))
            await put(etcd_server, a_node_record("good"))
            await has(directory, "good")
    finally:
        await directory.close()
    assert len(refused) == 2
    assert [entry["event"] for entry in logged].count("node_record_not_understood") == 1


async def test_what_nodes_say_of_themselves_is_looked_at_in_the_same_way() -> None:
    refused: list[None] = []
    directory = EtcdNodeDirectory(EtcdSettings(user="nobody"), lambda: refused.append(None))  # away for good
    directory.start()
    try:
        await asyncio.wait_for(directory.away(), 5)
        forged = [a_node_record("a", pools=[">"]), a_node_record("a.b"), a_node_record("c", host="\x1b[2J")]
        directory.take_in([*forged, a_node_record("good")])
        assert [node.id for node in directory.nodes()] == ["good"]
        assert len(refused) == len(forged)
    finally:
        await directory.close()


async def test_a_lost_event_is_made_good_by_reading_everything_again(
    etcd_server: EtcdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "RESYNC_S", 0.1)
    await put(etcd_server, a_node_record("a"))
    async with following(etcd_server.endpoint) as directory:
        await has(directory, "a")
        monkeypatch.setattr(EtcdNodeDirectory, "_apply", lambda *_: None)
        await put(etcd_server, a_node_record("b"))
        await has(directory, "a", "b")


async def test_another_member_is_asked_when_one_dies(etcd_cluster: EtcdCluster) -> None:
    first, second, _ = etcd_cluster.servers
    await put(first, a_node_record("a"))
    async with following(*etcd_cluster.endpoints) as directory:
        await has(directory, "a")
        first.kill()
        second.wait_ready()
        await put(second, a_node_record("b"))
        await has(directory, "a", "b")


async def test_closing_leaves_nothing_running(etcd_server: EtcdServer) -> None:
    before = asyncio.all_tasks()
    async with following(etcd_server.endpoint) as directory:
        await directory.synced.wait()
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    assert not {task.get_name() for task in left if "directory" in task.get_name()}


async def test_a_user_without_a_password_is_a_directory_that_is_away() -> None:
    """The client refused the settings outside of what is tried again: the follower ended, and nobody was told."""
    directory = EtcdNodeDirectory(EtcdSettings(user="gateway", reconnect_base_s=0.05, reconnect_max_s=0.3))
    directory.start()
    try:
        await asyncio.wait_for(directory.away(), 5)
        directory.take_in([a_node_record("a")])
        assert directory.synced.is_set()
    finally:
        await directory.close()

"""Nodes that join a real gateway by a token: they work on its bus and its directory until an operator forgets them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aetcd
import grpc
import grpc.aio
import msgspec
import pytest
from nats.aio.msg import Msg

from broker_gateway.nats_joins import account_file
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from coderunner import Client
from coderunner.v1 import nodes_pb2 as pb
from coderunner.v1 import nodes_pb2_grpc
from schemas import names
from tests.builders import a_language_record, a_node_record
from tests.fakes.nats_keys import Key
from tests.servers import EtcdServer, NatsServer
from tests.servers.etcd import ETCD_PASSWORDS
from tests.servers.stack import Gateway, Stack
from tests.servers.waiting import eventually

PATIENCE_S = 20.0
TOKENS = {"chief": "chief-token", "blog": "blog-token"}
ONE_NOW = json.dumps({"batch": 1, "no_wait": True, "group": names.LOAD_GROUP, "priority": 0}).encode()
Metadata = tuple[tuple[str, str], ...]


def bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)


class Cluster:
    """A bus, a directory that asks for passwords, and gateways that let nodes join."""

    def __init__(self, directory: Path) -> None:
        self.account = directory / "account"
        self._directory = directory
        self.nats = NatsServer(directory, roles=True, joins=self.account)
        self.etcd = EtcdServer(directory)
        self.stack = Stack(directory, self.nats, self.etcd)

    def start(self) -> None:
        for server in (self.nats, self.etcd):
            server.start()
        self.stack.ask_for_passwords()
        self.gateway()

    def gateway(self, **settings: Any) -> Gateway:
        return self.stack.add_gateway(
            tokens=TOKENS,
            admins=["chief"],
            nats_account_nkey=str(account_file(self.account)),
            etcd_root_password=ETCD_PASSWORDS["root"],
            **settings,
        )

    async def call(
        self, method: str, request: Any, *, gateway: Gateway | None = None, token: str = "chief-token"
    ) -> Any:
        async with grpc.aio.insecure_channel((gateway or self.stack.gateways[0]).target) as channel:
            stub: Any = nodes_pb2_grpc.NodeServiceStub(channel)
            return await getattr(stub, method)(request, timeout=PATIENCE_S, metadata=bearer(token or TOKENS["chief"]))

    async def join(self, node_id: str, key: Key, *pools: str, **where: Any) -> pb.JoinResponse:
        asked = pools or ("default",)
        request = pb.JoinRequest(
            node_id=node_id, nats_public_key=key.public, pools=asked, signature=key.joins(node_id, *asked)
        )
        answer: pb.JoinResponse = await self.call("Join", request, **where)
        return answer

    @asynccontextmanager
    async def on_the_bus(self, told: pb.JoinResponse, key: Key) -> AsyncIterator[BusConnection]:
        """Connected by what the node was told, as a node is."""
        seed = self._directory / f"{key.public}.nk"
        seed.write_bytes(key.seed)
        connection = BusConnection(
            BusSettings(
                urls=list(told.nats_urls),
                user=told.nats_user,
                nkey=str(seed),
                inbox_prefix=names.inbox_of(told.nats_user),
                reconnect_base_s=0.05,
                reconnect_max_s=0.2,
            )
        )
        connection.start()
        try:
            yield connection
        finally:
            await connection.close()

    def in_the_directory(self, told: pb.JoinResponse) -> aetcd.Client:
        return aetcd.Client(
            host="127.0.0.1", port=self.etcd.port, username=told.etcd_user, password=told.etcd_password, timeout=5
        )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests here: each has ids of its own."""
    cluster = Cluster(tmp_path_factory.mktemp("joins"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stack.close()


async def code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code()


async def first_task(node: BusConnection) -> str:
    """The id of the first that there is for a node of the pool ``default``, whatever its lane."""
    client, found = await node.client(), list[str]()

    async def came(message: Msg) -> None:
        if message.data:
            found.append(json.loads(message.data)["id"])

    async def there_is() -> bool:
        for consumer in names.pool_consumers("default"):  # a gateway makes them, soon
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_TASKS}.{consumer}"
            await client.publish(subject, ONE_NOW, reply=inbox)
        return bool(found)

    inbox = client.new_inbox()
    await client.subscribe(inbox, cb=came)
    await eventually(there_is, PATIENCE_S)
    return found[0]


async def announce(cluster: Cluster, told: pb.JoinResponse, node_id: str) -> None:
    """Writes its entry, as a node does."""
    record = a_node_record(node_id, a_language_record("python"))
    async with cluster.in_the_directory(told) as directory:
        await directory.put(names.node_key(node_id).encode(), msgspec.json.encode(record))


async def test_a_machine_that_joined_takes_a_task_and_is_no_node_any_more_once_forgotten(
    cluster: Cluster,
) -> None:
    key = Key()
    told = await cluster.join("n1", key)
    assert (list(told.nats_urls), list(told.etcd_endpoints)) == ([cluster.nats.url], [cluster.etcd.endpoint])
    assert (told.nats_tls_authorities, told.etcd_tls_authorities) == ("", "")
    gateway = cluster.stack.gateways[0]
    async with cluster.on_the_bus(told, key) as node, Client(gateway.target, "blog-token") as client:
        await asyncio.wait_for(node.wait_connected(), PATIENCE_S)
        await announce(cluster, told, "n1")

        async def is_listed() -> bool:
            return "n1" in [one.id for one in await client.nodes()]

        await eventually(is_listed, PATIENCE_S)
        task_id = await client.submit("python", "print(42)")
        assert await first_task(node) == task_id
    assert 'coderunner_nodes_entered_total{outcome="let_in"} 1.0' in gateway.get("/metrics")[1]

    assert (await cluster.call("Forget", pb.ForgetRequest(node_id="n1"))).node.nats_public_key == key.public
    async with cluster.on_the_bus(told, key) as node:
        await eventually(lambda: "authorization violation" in node.words().lower(), PATIENCE_S)
    with pytest.raises(aetcd.ClientError, match="authentication failed"):
        await cluster.in_the_directory(told).connect()
    assert await code_of(cluster.call("Forget", pb.ForgetRequest(node_id="n1"))) is grpc.StatusCode.NOT_FOUND


async def test_its_user_of_the_directory_writes_its_own_entry_alone(cluster: Cluster) -> None:
    told = await cluster.join("own", Key())
    await announce(cluster, told, "own")
    other = await cluster.join("other", Key())
    for forged in (announce(cluster, told, "other"), announce(cluster, other, "own")):
        with pytest.raises(aetcd.ClientError, match="permission denied"):
            await forged
    async with cluster.in_the_directory(told) as directory:
        with pytest.raises(aetcd.ClientError, match="permission denied"):
            await directory.get_prefix(names.NODES_PREFIX.encode())


async def test_every_gateway_tells_a_node_the_same_and_of_two_keys_one_has_an_id(cluster: Cluster) -> None:
    second = cluster.gateway()
    key, others = Key(), [Key() for _ in range(6)]
    told = await cluster.join("same", key)
    assert await cluster.join("same", key, gateway=second) == told
    assert await code_of(cluster.join("same", Key(), gateway=second)) is grpc.StatusCode.ALREADY_EXISTS

    answers = await asyncio.gather(
        *(cluster.join("one", other, gateway=second if number % 2 else None) for number, other in enumerate(others)),
        return_exceptions=True,
    )
    won = [isinstance(answer, pb.JoinResponse) for answer in answers]
    lost = [answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert lost == [grpc.StatusCode.ALREADY_EXISTS] * (len(others) - 1)
    page = await cluster.call("ListJoined", pb.ListJoinedRequest(), gateway=second)
    listed = {one.node_id: one.nats_public_key for one in page.nodes}
    assert (listed["same"], listed["one"]) == (key.public, others[won.index(True)].public)


async def test_nobody_joins_without_the_role_or_for_a_pool_that_is_not_open(cluster: Cluster) -> None:
    assert await code_of(cluster.join("late", Key(), token="blog-token")) is grpc.StatusCode.PERMISSION_DENIED
    assert await code_of(cluster.join("late", Key(), token="guessed")) is grpc.StatusCode.UNAUTHENTICATED
    assert await code_of(cluster.join("late", Key(), "gpu")) is grpc.StatusCode.INVALID_ARGUMENT
    other = {"join_nats_urls": ["tls://run.example:4222"], "join_etcd_endpoints": ["run:2379"]}
    told = await cluster.join("late", Key(), "gpu", gateway=cluster.gateway(join_pools=["gpu"], **other))
    assert (list(told.nats_urls), list(told.etcd_endpoints)) == (["tls://run.example:4222"], ["run:2379"])


async def test_a_node_joins_once_etcd_is_back(cluster: Cluster) -> None:
    key = Key()
    cluster.etcd.stop()
    assert await code_of(cluster.join("patient", key)) is grpc.StatusCode.UNAVAILABLE
    cluster.etcd.start()
    told = await cluster.join("patient", key)
    await announce(cluster, told, "patient")

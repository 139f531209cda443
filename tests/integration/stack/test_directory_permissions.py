"""The users of a real etcd: what each may do, what it may not, and how services go on when etcd forgets them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aetcd
import msgspec
import pytest

from broker_gateway import command_line
from broker_gateway.infrastructure import directory as gateway_module
from broker_gateway.infrastructure.directory import EtcdNodeDirectory as GatewayDirectory
from chassis.etcd import EtcdSettings
from chassis.etcd_users import ROOT, EtcdRefusedError, EtcdUsers
from node.infrastructure.directory import EtcdNodeDirectory as NodeDirectory
from schemas import names
from tests.builders import a_node_record
from tests.servers.etcd import EtcdServer, ask_for_passwords, etcd_password

PATIENCE_S = 20.0
OURS, ANOTHERS = names.node_key("n1").encode(), names.node_key("n2").encode()
ALL = names.NODES_PREFIX.encode()


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[EtcdServer]:
    """It forgets within a second or two who has not asked it anything."""
    server = EtcdServer(tmp_path, extra=["--auth-token-ttl", "1"])
    server.start()
    ask_for_passwords(server.endpoint, ["n1", "n2"])
    yield server
    server.stop()


def entering(etcd: EtcdServer, user: str, password: str | None = None) -> aetcd.Client:
    return aetcd.Client(
        host="127.0.0.1", port=etcd.port, username=user, password=password or etcd_password(user), timeout=5
    )


Deed = Callable[[aetcd.Client], Awaitable[object]]
DEEDS: dict[str, Deed] = {
    "read all nodes": lambda client: client.get_prefix(ALL),
    "read its own entry": lambda client: client.get(OURS),
    "write its own entry": lambda client: client.put(OURS, b"x"),
    "delete its own entry": lambda client: client.delete(OURS),
    "read another's entry": lambda client: client.get(ANOTHERS),
    "write another's entry": lambda client: client.put(ANOTHERS, b"x"),
    "delete another's entry": lambda client: client.delete(ANOTHERS),
    "write a new entry": lambda client: client.put(ALL + b"forged", b"x"),
    "delete all nodes": lambda client: client.delete_prefix(ALL),
    "read everything": lambda client: client.get_all(),
    "write elsewhere": lambda client: client.put(b"/elsewhere", b"x"),
    "write just after the nodes": lambda client: client.put(b"/coderunner/v1/nodes0", b"x"),
}
MAY = {
    "gateway": {"read all nodes", "read its own entry", "read another's entry"},
    "n1": {"write its own entry", "delete its own entry"},
}


@pytest.mark.parametrize("user", MAY)
async def test_each_does_its_own_work_and_is_refused_everything_else(etcd: EtcdServer, user: str) -> None:
    async with entering(etcd, user) as client:
        done = {name for name, deed in DEEDS.items() if await _is_done(deed, client)}
    assert done == MAY[user]


async def _is_done(deed: Deed, client: aetcd.Client) -> bool:
    try:
        await deed(client)
    except aetcd.ClientError as error:
        return "permission denied" not in str(error)
    return True


async def test_nobody_enters_without_the_right_password(etcd: EtcdServer) -> None:
    for user, password in (("gateway", "wrong"), ("n1", etcd_password("n2")), (ROOT, "root"), ("unknown", "x")):
        with pytest.raises(aetcd.ClientError, match="authentication failed"):
            await entering(etcd, user, password).connect()
    async with aetcd.Client(host="127.0.0.1", port=etcd.port) as stranger:
        for deed in DEEDS.values():
            with pytest.raises(aetcd.ClientError, match="user name is empty"):
                await deed(stranger)


def test_users_are_made_again_as_they_are_and_a_new_password_counts(etcd: EtcdServer) -> None:
    ask_for_passwords(etcd.endpoint, ["n1", "n3"])
    users = EtcdUsers(etcd.endpoint, etcd_password(ROOT))
    users.set_up(prefix=names.NODES_PREFIX, gateway=("gateway", "another"), nodes={})
    assert asyncio.run(_enters(etcd, "gateway", "another"))
    assert not asyncio.run(_enters(etcd, "gateway", etcd_password("gateway")))
    with pytest.raises(EtcdRefusedError, match="authentication failed"):
        EtcdUsers(etcd.endpoint, "wrong").set_up(prefix="/", gateway=("gateway", "x"), nodes={})


async def _enters(etcd: EtcdServer, user: str, password: str) -> bool:
    client = entering(etcd, user, password)
    try:
        await client.connect()
    except aetcd.ClientError:
        return False
    await client.close()
    return True


def settings(etcd: EtcdServer, user: str) -> EtcdSettings:
    return EtcdSettings(
        endpoints=[etcd.endpoint],
        user=user,
        password=etcd_password(user),
        reconnect_base_s=0.05,
        reconnect_max_s=0.3,
    )


@asynccontextmanager
async def following(etcd: EtcdServer) -> AsyncIterator[GatewayDirectory]:
    directory = GatewayDirectory(settings(etcd, "gateway"))
    directory.start()
    try:
        yield directory
    finally:
        await directory.close()


@asynccontextmanager
async def announcing(etcd: EtcdServer, lease_s: int = 60) -> AsyncIterator[NodeDirectory]:
    directory = NodeDirectory(settings(etcd, "n1"), "n1", lease_s)
    running = asyncio.create_task(directory.run())
    try:
        yield directory
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await directory.withdraw()


async def sees(directory: GatewayDirectory, running: int) -> None:
    """Returns once the node says that it runs so many tasks."""
    async with asyncio.timeout(PATIENCE_S):
        while [node.running for node in directory.nodes()] != [running]:
            await directory.changed()


async def test_a_node_and_a_gateway_find_each_other_with_their_passwords_and_again_after_a_restart(
    etcd: EtcdServer,
) -> None:
    async with following(etcd) as gateway, announcing(etcd) as node:
        await node.announce(a_node_record("n1", running=1))
        await sees(gateway, 1)
        etcd.kill()
        etcd.start()
        await node.announce(a_node_record("n1", running=2))
        await sees(gateway, 2)


async def test_who_was_forgotten_tells_its_password_again(etcd: EtcdServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "RESYNC_S", 0.1)
    monkeypatch.setattr(GatewayDirectory, "_apply", lambda *_: None)  # only what is read anew counts
    async with following(etcd) as gateway, announcing(etcd) as node:
        await node.announce(a_node_record("n1", running=1))
        await sees(gateway, 1)
        for user in ("gateway", "n1"):  # a change of password ends all that the user was given before
            _change_password(etcd, user)
        await node.announce(a_node_record("n1", running=2))
        await sees(gateway, 2)
        assert node.reachable


def _change_password(etcd: EtcdServer, user: str) -> None:
    """To another one and back."""
    users = EtcdUsers(etcd.endpoint, etcd_password(ROOT))
    for password in ("another", etcd_password(user)):
        gateway = ("gateway", password if user == "gateway" else etcd_password("gateway"))
        nodes = {} if user == "gateway" else {user: (user, password)}
        users.set_up(prefix=names.NODES_PREFIX, gateway=gateway, nodes=nodes)


async def test_a_nodes_key_forges_no_other_node(etcd: EtcdServer) -> None:
    record = msgspec.json.encode(a_node_record("n2", pools=["nobody-serves-it"]))
    async with following(etcd) as gateway, announcing(etcd) as node, entering(etcd, "n1") as thief:
        with pytest.raises(aetcd.ClientError, match="permission denied"):
            await thief.put(ANOTHERS, record)
        await thief.put(OURS, record)  # its own key, another's record
        await node.announce(a_node_record("n1", running=3))
        await sees(gateway, 3)


def test_the_command_makes_the_users_that_deployments_need(
    etcd: EtcdServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for user, password in ((ROOT, etcd_password(ROOT)), ("gateway", "first"), ("gpu-1", "second")):
        monkeypatch.setenv(f"CODERUNNER_ETCD_{user.upper().replace('-', '_')}_PASSWORD", password)
    monkeypatch.setattr(sys, "argv", ["x", "etcd-users", "--endpoint", etcd.endpoint, "--node", "gpu-1"])
    assert command_line.main() == 0
    assert "etcd knows gateway, gpu-1" in capsys.readouterr().err
    assert asyncio.run(_enters(etcd, "gateway", "first"))
    assert asyncio.run(_enters(etcd, "gpu-1", "second"))

"""Keys in place of passwords on a real server: who has the seed is the user, with that user's rights and no others."""

from __future__ import annotations

import asyncio
import re
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest

from broker_gateway import command_line
from broker_gateway.nats_keys import public_keys, seed_file, with_public_keys
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas.names import inbox_of
from tests.integration.stack.every_subject import every_subject
from tests.servers import NatsServer
from tests.servers.waiting import eventually

NODES = {"gpu-1": ["gpu"], "cpu-1": ["default"]}
PATIENCE_S = 15.0
_REFUSED = re.compile(r'permissions violation for publish to "([^"]+)"', re.IGNORECASE)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "nkeys"


@pytest.fixture
def bus(tmp_path: Path, keys: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "with-keys", roles=True, nodes=NODES, keys=keys)
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def entering(bus: NatsServer, **settings: Any) -> AsyncIterator[BusConnection]:
    connection = BusConnection(BusSettings(urls=[bus.url], reconnect_base_s=0.05, reconnect_max_s=0.2, **settings))
    connection.start()
    yield connection
    await connection.close()


async def refused(server: NatsServer, **options: Any) -> set[str]:
    """The subjects that the server does not let this user publish to."""
    told: set[str] = set()

    async def on_error(error: Exception) -> None:
        told.update(_REFUSED.findall(str(error)))

    client = await nats.connect(server.url, error_cb=on_error, max_reconnect_attempts=1, **options)
    for subject in every_subject():
        await client.publish(subject, b"")
    for _ in range(2):
        await client.flush()
    await client.close()
    return told


@pytest.mark.parametrize("user", ["gateway", "gpu-1"])
async def test_a_key_may_what_its_users_password_may(bus: NatsServer, keys: Path, tmp_path: Path, user: str) -> None:
    with_passwords = NatsServer(tmp_path / "with-passwords", roles=True, nodes=NODES)
    with_passwords.start()
    try:
        _, _, entry = with_passwords.url_as(user).partition("//")
        name, _, password = entry.partition("@")[0].partition(":")
        by_password = await refused(with_passwords, user=name, password=password)
    finally:
        with_passwords.stop()
    assert by_password
    assert await refused(bus, nkeys_seed=str(seed_file(keys, user))) == by_password


async def test_a_node_with_its_key_hears_its_own_inbox_and_comes_again_after_a_restart(
    bus: NatsServer, keys: Path
) -> None:
    seed = str(seed_file(keys, "gpu-1"))
    async with entering(bus, user="gpu-1", nkey=seed, inbox_prefix=inbox_of("gpu-1")) as connection:
        await asyncio.wait_for(connection.wait_connected(), PATIENCE_S)
        await connection.settle(connection.current)
        bus.restart()
        await eventually(lambda: not connection.connected(), PATIENCE_S)
        await eventually(connection.connected, PATIENCE_S)


async def test_no_other_key_and_no_password_is_let_in(bus: NatsServer, tmp_path: Path) -> None:
    public_keys(tmp_path / "elsewhere", ["gpu-1"])
    strangers: list[dict[str, str]] = [
        {"nkey": str(seed_file(tmp_path / "elsewhere", "gpu-1"))},
        {"user": "gpu-1", "password": "p-gpu-1"},
        {"user": "gateway", "password": "test-gateway-password"},
        {},
    ]
    for stranger in strangers:
        async with entering(bus, **stranger) as connection:
            await eventually(lambda here=connection: "authorization" in here.words().lower(), PATIENCE_S)
            assert not connection.connected()


async def test_a_seed_that_is_not_there_is_told_and_looked_for_again(bus: NatsServer, keys: Path) -> None:
    seed = keys / "late.nk"
    async with entering(bus, nkey=str(seed), user="cpu-1", inbox_prefix=inbox_of("cpu-1")) as connection:
        await eventually(lambda: "late.nk" in connection.words(), PATIENCE_S)
        seed.write_text("garbage", encoding="ascii")
        await eventually(lambda: "invalid seed" in connection.words(), PATIENCE_S)
        seed.write_bytes(seed_file(keys, "cpu-1").read_bytes())
        await eventually(connection.connected, PATIENCE_S)


def test_seeds_are_made_once_and_are_their_owners_alone(keys: Path) -> None:
    made = public_keys(keys, ["gateway", "gpu-1"])
    assert public_keys(keys, ["gateway", "gpu-1"]) == made
    assert made["gateway"] != made["gpu-1"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700


def test_of_a_node_that_keeps_its_seed_at_home_the_public_key_is_enough(keys: Path, tmp_path: Path) -> None:
    home = public_keys(tmp_path / "home", ["gpu-1"])
    keys.mkdir()
    (keys / "gpu-1.pub").write_text(home["gpu-1"] + "\n", encoding="ascii")
    assert public_keys(keys, ["gpu-1"]) == home
    assert not seed_file(keys, "gpu-1").exists()
    for text in ("", "U" * 56 + '"\n}', seed_file(tmp_path / "home", "gpu-1").read_text(encoding="ascii")):
        (keys / "gpu-1.pub").write_text(text, encoding="ascii")
        with pytest.raises(ValueError, match="holds no public key of a user"):
            public_keys(keys, ["gpu-1"])


def test_a_user_without_a_password_in_the_file_is_refused() -> None:
    with pytest.raises(ValueError, match="no one user nobody"):
        with_public_keys("user: gateway\n", {"nobody": "U"})


def test_the_command_prints_a_file_without_these_passwords(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: Path
) -> None:
    command = ["x", "nats-conf", "--node", "gpu-1=gpu", "--nkeys", str(keys)]
    monkeypatch.setattr(sys, "argv", command)
    assert command_line.main() == 0
    printed = capsys.readouterr()
    made = public_keys(keys, ["gateway", "gpu-1"])
    assert re.findall(r"nkey: (\w+)  # (\S+)", printed.out) == [(made[name], name) for name in ("gateway", "gpu-1")]
    assert re.findall(r"password: \$(\w+)", printed.out) == [
        "CODERUNNER_NATS_OPERATOR_PASSWORD",
        "CODERUNNER_NATS_SYSTEM_PASSWORD",
    ]
    assert seed_file(keys, "gpu-1").read_text(encoding="ascii") not in printed.out + printed.err

"""TLS to the bus and to the directory: nothing is said to who has not shown that he is it, also not a password."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aetcd
import pytest

from broker_gateway import command_line
from broker_gateway.infrastructure import policies
from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.certificates import ServerTrust
from chassis.etcd import EtcdEndpoints, EtcdSettings
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from chassis.settings import ConfigurationError
from tests.servers import NatsServer
from tests.servers.certificates import Certificate, make_certificate
from tests.servers.etcd import EtcdServer, etcd_password
from tests.servers.ports import free_port
from tests.servers.waiting import eventually

PATIENCE_S = 20.0


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return made(tmp_path, "servers")


def made(directory: Path, name: str) -> Certificate:
    (directory / name).mkdir()
    return make_certificate(directory / name, subject="/O=coderunner")  # etcd's JSON API takes none with a common name


@pytest.fixture
def encrypted_nats(tmp_path: Path, certificate: Certificate) -> Iterator[NatsServer]:
    """It asks everybody for a certificate."""
    files = ["--tlscert", str(certificate.chain), "--tlskey", str(certificate.key)]
    asks = ["--tlsverify", "--tlscacert", str(certificate.chain)]
    server = NatsServer(tmp_path / "nats", extra=["--tls", *files, *asks])
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def connecting(url: str, trust: ServerTrust | None) -> AsyncIterator[BusConnection]:
    settings = BusSettings(
        urls=[url], trust=trust, user="somebody", password="a-secret", reconnect_base_s=0.05, reconnect_max_s=0.2
    )
    bus = BusConnection(settings)
    bus.start()
    yield bus
    await bus.close()


def by_name(server: NatsServer) -> str:
    return f"nats://localhost:{server.port}"


def mutual(certificate: Certificate) -> ServerTrust:
    return ServerTrust(str(certificate.chain), str(certificate.chain), str(certificate.key))


async def test_both_sides_show_who_they_are_also_when_they_come_again(
    encrypted_nats: NatsServer, certificate: Certificate
) -> None:
    async with connecting(by_name(encrypted_nats), mutual(certificate)) as bus:
        await asyncio.wait_for(bus.wait_connected(), PATIENCE_S)
        await bus.settle(bus.current)
        encrypted_nats.restart()
        await eventually(lambda: not bus.connected(), PATIENCE_S)
        await eventually(bus.connected, PATIENCE_S)
        await bus.settle(bus.current)


async def test_a_server_with_another_name_or_authority_is_not_the_bus(
    encrypted_nats: NatsServer, certificate: Certificate, tmp_path: Path
) -> None:
    elsewhere = mutual(made(tmp_path, "elsewhere"))
    for url, trust in ((encrypted_nats.url, mutual(certificate)), (by_name(encrypted_nats), elsewhere)):
        async with connecting(url, trust) as bus:
            await eventually(lambda bus=bus: "certificate verify failed" in bus.words(), PATIENCE_S)
            assert not bus.connected()


async def test_who_shows_no_certificate_is_not_let_in(encrypted_nats: NatsServer, certificate: Certificate) -> None:
    async with connecting(by_name(encrypted_nats), ServerTrust(str(certificate.chain))) as bus:
        await eventually(lambda: "no try has ended" not in bus.words(), PATIENCE_S)
        assert not bus.connected()


async def test_to_a_server_without_tls_nothing_is_said(certificate: Certificate) -> None:
    """Whoever stands between the two could leave out the word that asks for TLS, and read the password."""
    said = bytearray()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.11.0","max_payload":1048576,"proto":1}\r\n')
        said.extend(await reader.read(1 << 16))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"nats://localhost:{server.sockets[0].getsockname()[1]}"
    async with server, connecting(url, ServerTrust(str(certificate.chain))) as bus:
        await eventually(lambda: "the server offers no TLS" in bus.words(), PATIENCE_S)
    assert not said


async def test_renewed_files_are_seen_at_the_next_connection(
    encrypted_nats: NatsServer, certificate: Certificate, tmp_path: Path
) -> None:
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(made(tmp_path, "old").chain.read_bytes())
    trust = ServerTrust(str(authorities), str(certificate.chain), str(certificate.key))
    async with connecting(by_name(encrypted_nats), trust) as bus:
        await eventually(lambda: "certificate verify failed" in bus.words(), PATIENCE_S)
        authorities.write_text("half of it", encoding="ascii")
        await eventually(lambda: "no usable certificate in" in bus.words(), PATIENCE_S)
        authorities.write_bytes(certificate.chain.read_bytes())
        await eventually(bus.connected, PATIENCE_S)


@pytest.fixture
def encrypted_etcd(tmp_path: Path, certificate: Certificate) -> Iterator[tuple[EtcdServer, str]]:
    """The server, which this test's own side asks without TLS, and the address at which it asks for certificates."""
    server, endpoint = EtcdServer(tmp_path / "etcd"), f"localhost:{free_port()}"
    urls = f"{server.url},https://{endpoint.replace('localhost', '127.0.0.1')}"
    server.command += ["--listen-client-urls", urls, "--cert-file", str(certificate.chain)]
    server.command += ["--key-file", str(certificate.key), "--client-cert-auth", "--trusted-ca-file"]
    server.command += [str(certificate.chain)]
    server.start()
    yield server, endpoint
    server.stop()


async def test_the_directory_is_known_by_its_certificate(
    encrypted_etcd: tuple[EtcdServer, str],
    certificate: Certificate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, endpoint = encrypted_etcd
    for user in ("root", "gateway"):
        monkeypatch.setitem(os.environ, f"CODERUNNER_ETCD_{user.upper()}_PASSWORD", etcd_password(user))
    files = ["--tls-authorities", certificate.chain, "--tls-certificate", certificate.chain]
    arguments = ["x", "etcd-users", "--endpoint", endpoint, *map(str, files), "--tls-key", str(certificate.key)]
    monkeypatch.setattr(sys, "argv", arguments)
    assert await asyncio.to_thread(command_line.main) == 0
    async with asking(endpoint, mutual(certificate)) as client:
        assert list(await client.get_prefix(b"/coderunner/v1/nodes/")) == []
    for trust in (None, ServerTrust(str(certificate.chain)), mutual(made(tmp_path, "elsewhere"))):
        with pytest.raises((aetcd.ClientError, OSError, ValueError)):
            async with asking(endpoint, trust) as client:
                await client.get(b"/coderunner/v1/nodes/n1")


@asynccontextmanager
async def asking(endpoint: str, trust: ServerTrust | None) -> AsyncIterator[aetcd.Client]:
    settings = EtcdSettings(endpoints=[endpoint], trust=trust, user="gateway", password=etcd_password("gateway"))
    client, _ = EtcdEndpoints(settings).next_client()
    async with client:
        yield client


def test_files_that_are_of_no_use_are_refused_at_the_start(certificate: Certificate, tmp_path: Path) -> None:
    chain, key = str(certificate.chain), str(certificate.key)
    other = str(made(tmp_path, "other").key)
    for whose in ("nats", "etcd"):
        for words, files in {
            "one is of no use without the other": {"certificate": chain},
            f"is of no use without {whose}_tls_authorities": {"certificate": chain, "key": key},
            "no usable certificate in .*nowhere": {"authorities": str(tmp_path / "nowhere")},
            "no usable certificate in": {"authorities": chain, "certificate": chain, "key": other},
        }.items():
            given = [f"--{whose}-tls-{name}={path}" for name, path in files.items()]
            with pytest.raises(ConfigurationError, match=words):
                policies.of(GatewaySettings.load(given))
    made_of = policies.of(GatewaySettings.load([f"--nats-tls-authorities={chain}", f"--etcd-tls-authorities={chain}"]))
    assert made_of.bus.trust == made_of.etcd.trust == ServerTrust(chain)
    assert policies.of(GatewaySettings.load([])).bus.trust is None
    assert ServerTrust(chain).context().minimum_version is ssl.TLSVersion.TLSv1_2

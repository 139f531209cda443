"""TLS on the gateway's API: who is let in, and certificates that are replaced while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio
import pytest

from broker_gateway.infrastructure import policies
from broker_gateway.infrastructure.client_settings import refuse_everybody
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.interfaces.tls import server_credentials
from chassis.certificates import CertificateFiles
from chassis.settings import ConfigurationError
from tests.servers.certificates import Certificate, make_certificate

METHOD = "/test.Echo/Say"


async def _say(request: bytes, _context: object) -> bytes:
    return request


@asynccontextmanager
async def serving(files: CertificateFiles) -> AsyncIterator[int]:
    """A server that says back what it hears; the port."""
    server = grpc.aio.server()
    handlers = {"Say": grpc.unary_unary_rpc_method_handler(_say)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    port = server.add_secure_port("127.0.0.1:0", server_credentials(files))
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


async def hears(port: int, authority: Certificate, shown: Certificate | None = None) -> bool:
    """Whether a new connection that trusts this certificate, and shows that one, is answered."""
    credentials = grpc.ssl_channel_credentials(
        authority.chain.read_bytes(),
        shown.key.read_bytes() if shown else None,
        shown.chain.read_bytes() if shown else None,
    )
    options = (("grpc.ssl_target_name_override", "localhost"), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options=options) as channel:
        try:
            return bool(await channel.unary_unary(METHOD, None, None)(b"hello", timeout=5) == b"hello")
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False


def made(directory: Path, name: str = "localhost") -> Certificate:
    directory.mkdir(exist_ok=True)
    return make_certificate(directory, name)


@pytest.fixture
def first(tmp_path: Path) -> Certificate:
    return made(tmp_path / "first")


@pytest.fixture
def second(tmp_path: Path) -> Certificate:
    return made(tmp_path / "second")


@pytest.fixture
def files(tmp_path: Path, first: Certificate) -> CertificateFiles:
    """The first one, in a place where another can be put."""
    placed = CertificateFiles(str(tmp_path / "chain.pem"), str(tmp_path / "key.pem"))
    put(first, placed)
    return placed


def put(certificate: Certificate, files: CertificateFiles, *, whole: bool = True) -> None:
    Path(files.certificate).write_bytes(certificate.chain.read_bytes())
    if whole:
        Path(files.key).write_bytes(certificate.key.read_bytes())


def take_away(files: CertificateFiles) -> None:
    Path(files.certificate).unlink()


async def test_who_trusts_its_certificate_is_served(
    files: CertificateFiles, first: Certificate, second: Certificate
) -> None:
    async with serving(files) as port:
        assert await hears(port, first)
        assert not await hears(port, second)


async def test_a_replaced_certificate_is_shown_without_a_restart(
    files: CertificateFiles, first: Certificate, second: Certificate
) -> None:
    async with serving(files) as port:
        assert await hears(port, first)
        put(second, files)
        assert await hears(port, second)
        assert not await hears(port, first)


async def test_half_a_renewal_changes_nothing_until_it_is_whole(
    files: CertificateFiles, first: Certificate, second: Certificate
) -> None:
    async with serving(files) as port:
        put(second, files, whole=False)
        assert await hears(port, first)
        take_away(files)
        assert await hears(port, first)
        put(second, files)
        assert await hears(port, second)


async def test_with_authorities_a_caller_must_show_a_certificate_of_one(
    files: CertificateFiles, first: Certificate, second: Certificate, tmp_path: Path
) -> None:
    stranger = made(tmp_path / "stranger")
    async with serving(replace(files, client_authorities=str(second.chain))) as port:
        assert await hears(port, first, second)
        assert not await hears(port, first)
        assert not await hears(port, first, stranger)


def flags(files: CertificateFiles) -> list[str]:
    return ["--tls-certificate", files.certificate, "--tls-key", files.key]


def test_the_settings_name_the_files(files: CertificateFiles) -> None:
    assert policies.of(GatewaySettings.load(flags(files))).certificate == files
    assert policies.of(GatewaySettings.load([])).certificate is None


@pytest.mark.parametrize("missing", ["--tls-certificate", "--tls-key"])
def test_one_file_without_the_other_is_refused(files: CertificateFiles, missing: str) -> None:
    given = flags(files)
    at = given.index(missing)
    with pytest.raises(ConfigurationError, match="one is of no use without the other"):
        policies.of(GatewaySettings.load(given[:at] + given[at + 2 :]))


def test_authorities_without_a_certificate_are_refused(first: Certificate) -> None:
    with pytest.raises(ConfigurationError, match="tls_client_authorities"):
        policies.of(GatewaySettings.load(["--tls-client-authorities", str(first.chain)]))


def test_a_key_of_another_certificate_is_refused_in_words_that_tell_nothing_of_it(
    files: CertificateFiles, second: Certificate
) -> None:
    put(second, files, whole=False)
    with pytest.raises(ConfigurationError, match="no usable certificate in") as refused:
        policies.of(GatewaySettings.load(flags(files)))
    assert "BEGIN" not in str(refused.value)


@pytest.mark.parametrize("address", ["0.0.0.0:50051", "[::]:50051", "10.0.0.1:50051", "gateway.example:50051"])
def test_without_tokens_nothing_beyond_loopback_is_listened_to(address: str) -> None:
    with pytest.raises(ConfigurationError, match="set tokens"):
        refuse_everybody(GatewaySettings.load(["--grpc-address", address]))


@pytest.mark.parametrize(
    "more",
    [
        ["--grpc-address", "127.0.0.1:1"],
        ["--grpc-address", "localhost:1"],
        ["--grpc-address", "0.0.0.0:1", "--open-to-everybody", "true"],
        ["--grpc-address", "0.0.0.0:1", "--roles", "relay"],
    ],
    ids=str,
)
def test_otherwise_it_starts(more: list[str]) -> None:
    refuse_everybody(GatewaySettings.load(more))


def test_with_tokens_it_may_listen_everywhere() -> None:
    refuse_everybody(GatewaySettings.model_validate({"grpc_address": "0.0.0.0:1", "tokens": {"blog": "secret"}}))

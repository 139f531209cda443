"""The servers of HTTP with a certificate, which is replaced while they run."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chassis import certificates
from chassis.asgi import AsgiServer
from chassis.certificates import CertificateError, CertificateFiles, keep_renewed
from chassis.http import HttpServer
from chassis.metrics import Registry
from tests.servers.certificates import Certificate, make_certificate


def made(directory: Path) -> Certificate:
    directory.mkdir()
    return make_certificate(directory)


async def hears(port: int, authority: Certificate) -> bool:
    """Whether a new connection that trusts this certificate is answered."""
    context = ssl.create_default_context(cafile=str(authority.chain))
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    except ssl.SSLCertVerificationError:
        return False
    writer.write(b"GET /live HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return b"200 OK" in answer


async def live(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


SERVERS: dict[str, Callable[[CertificateFiles], HttpServer | AsgiServer]] = {
    "health alone": lambda files: HttpServer("127.0.0.1:0", dict, Registry(), files),
    "the API": lambda files: AsgiServer("127.0.0.1:0", live, files),
}


@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
async def test_http_is_served_with_a_certificate_that_follows_its_files(
    serve: Callable[[CertificateFiles], HttpServer | AsgiServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "LOOK_EVERY_S", 0.01)
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    files = CertificateFiles(str(tmp_path / "chain.pem"), str(tmp_path / "key.pem"))
    shutil.copy(first.chain, files.certificate)
    shutil.copy(first.key, files.key)
    server = serve(files)
    await server.start()
    try:
        assert await hears(server.port, first)
        shutil.copy(second.key, files.key)
        shutil.copy(second.chain, files.certificate)
        async with asyncio.timeout(10):
            while not await hears(server.port, second):  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.02)
        assert not await hears(server.port, first)
    finally:
        await server.close()


async def test_files_that_are_replaced_again_just_now_are_taken_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop ended then, and nothing was ever renewed again."""
    monkeypatch.setattr(certificates, "LOOK_EVERY_S", 0.01)
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    files = CertificateFiles(str(first.chain), str(first.key))
    context = files.context()
    raced: list[CertificateError] = []
    is_taken = asyncio.Event()
    load_into = CertificateFiles.load_into

    def racing(self: CertificateFiles, into: ssl.SSLContext) -> None:
        if into is context and not raced:
            raced.append(CertificateError("a certificate file went away"))
            raise raced[0]
        load_into(self, into)
        if into is context:
            is_taken.set()

    monkeypatch.setattr(CertificateFiles, "load_into", racing)
    renewing = asyncio.create_task(keep_renewed(files, context))
    await asyncio.sleep(0)  # it has seen the first
    shutil.copy(second.key, files.key)
    shutil.copy(second.chain, files.certificate)
    async with asyncio.timeout(10):
        await is_taken.wait()
    assert (len(raced), renewing.done()) == (1, False)
    renewing.cancel()


def test_files_that_are_no_certificate_are_named_and_not_quoted(tmp_path: Path) -> None:
    secret = tmp_path / "key.pem"
    secret.write_text("not a key, and secret")
    with pytest.raises(CertificateError, match=r"key\.pem") as refused:
        CertificateFiles(str(secret), str(secret)).context()
    assert "secret" not in str(refused.value)


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"nothing\.pem"):
        CertificateFiles(str(tmp_path / "nothing.pem"), str(tmp_path / "nothing.pem")).context()

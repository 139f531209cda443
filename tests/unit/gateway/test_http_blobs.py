"""Large content over HTTP: what is put, what is read, and that no browser takes it for a page of this host."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.http_calls import TOKENS, HttpCalls, serving_http

DATA = bytes(range(256)) * 4_000
DIGEST = f"sha256:{hashlib.sha256(DATA).hexdigest()}"
OCTETS = {"Content-Type": "application/octet-stream"}


async def put(http: HttpCalls, verb: str, path: str, data: object = DATA, **headers: str) -> tuple[int, object]:
    status, body = await http.ask(verb, path, data=data, headers={**OCTETS, **headers})
    return status, body


async def read(http: HttpCalls, path: str, **headers: str) -> aiohttp.ClientResponse:
    response = await http.session.get(http.url(path), headers=headers)
    await response.read()
    return response


async def test_a_blob_is_put_once_and_read_whole_and_in_parts() -> None:
    async with serving_http() as http:
        status, body = await put(http, "POST", "/v1/blobs")
        assert (status, body) == (201, {"digest": DIGEST, "size": len(DATA), "expires_at_ms": http_expiry(http)})
        assert (await put(http, "PUT", f"/v1/blobs/{DIGEST}"))[0] == 200
        whole = await read(http, f"/v1/blobs/{DIGEST}")
        assert (whole.status, await whole.read()) == (200, DATA)
        part = await read(http, f"/v1/blobs/{DIGEST}", Range="bytes=5-300000")
        assert (part.status, await part.read()) == (206, DATA[5:300_001])
        assert part.headers["Content-Range"] == f"bytes 5-300000/{len(DATA)}"
        other = await read(http, f"/v1/blobs/{DIGEST}", **{"Range": "bytes=0-1", "If-Range": '"another"'})
        assert (other.status, await other.read()) == (200, DATA)
        beyond = await read(http, f"/v1/blobs/{DIGEST}", Range=f"bytes={len(DATA)}-")
        assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")
        async with http.session.head(http.url(f"/v1/blobs/{DIGEST}")) as head:
            assert (head.status, head.headers["Content-Length"]) == (200, str(len(DATA)))


def http_expiry(http: HttpCalls) -> int:
    return http.gateway.now_ms + 24 * 3_600_000


async def test_no_browser_shows_it_as_a_page_of_this_host() -> None:
    async with serving_http() as http:
        await put(http, "POST", "/v1/blobs", b"<script>alert(1)</script>")
        digest = f"sha256:{hashlib.sha256(b'<script>alert(1)</script>').hexdigest()}"
        told = (await read(http, f"/v1/blobs/{digest}")).headers
    assert told["Content-Disposition"] == "attachment"
    assert told["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", "x"])
async def test_what_a_form_of_another_sites_page_can_send_is_not_taken(kind: str) -> None:
    async with serving_http() as http:
        for verb, path in (("POST", "/v1/blobs"), ("PUT", f"/v1/blobs/{DIGEST}")):
            status, _ = await http.ask(verb, path, data=DATA, headers={"Content-Type": kind})
            assert status == 415
        assert http.gateway.large.store.chunks == {}


@pytest.mark.parametrize("digest", ["sha256:x", f"sha256:{'0' * 64}", DIGEST.upper(), "%2e%2e", "*", "a" * 5_000])
async def test_what_is_no_digest_or_nobodys_is_not_found(digest: str) -> None:
    async with serving_http() as http:
        for path in (f"/v1/blobs/{digest}", f"/v1/executions/x/files/{digest}"):
            assert (await read(http, path)).status == 404


async def test_a_body_with_another_digest_is_refused_and_told_so() -> None:
    async with serving_http() as http:
        status, body = await http.ask("PUT", f"/v1/blobs/sha256:{'1' * 64}", data=DATA, headers=OCTETS)
        assert (status, body["violations"][0]["field"]) == (400, "digest")


async def test_a_body_that_is_too_large_is_refused_by_its_length_alone() -> None:
    async with serving_http() as http:
        status, body = await http.ask("POST", "/v1/blobs", data=io.BytesIO(bytes(33 << 20)), headers=OCTETS)
        assert (status, body["violations"][0]["field"]) == (400, "size")
        assert "put_chunk" not in http.gateway.bus.calls


async def test_another_client_is_told_the_same_as_of_nobodys() -> None:
    async with serving_http(tokens=TOKENS) as http:
        mine, other = ({"Authorization": f"Bearer {token}"} for token in ("s3cret", "other"))
        assert (await put(http, "POST", "/v1/blobs", DATA, **mine))[0] == 201
        assert (await read(http, f"/v1/blobs/{DIGEST}", **mine)).status == 200
        assert (await read(http, f"/v1/blobs/{DIGEST}", **other)).status == 404


async def test_a_body_that_breaks_off_leaves_nothing() -> None:
    async def breaks_off() -> AsyncIterator[bytes]:
        yield DATA
        raise ConnectionResetError

    async with serving_http() as http:
        with pytest.raises((ConnectionResetError, aiohttp.ClientError)):
            await http.session.post(http.url("/v1/blobs"), data=breaks_off(), headers=OCTETS)
        store = http.gateway.large.store
        await asyncio.wait_for(store.forgot.wait(), PATIENCE_S)
        assert (store.chunks, store.held) == ({}, {})

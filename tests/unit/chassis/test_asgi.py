"""The server of HTTP for ASGI applications: whatever a peer sends, it costs little and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from tests.unit.chassis.asgi_peers import GET, said, serving


async def test_requests_are_answered_and_a_connection_is_kept_for_the_next() -> None:
    async with serving() as served:
        peer = await served.connect()
        for _ in range(3):
            peer.send(GET)
            assert (await peer.answer()).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_what_one_request_leaves_in_its_context_the_next_one_does_not_see() -> None:
    async with serving() as served:
        peer = await served.connect()
        peer.send(GET * 3)
        for _ in range(3):
            await peer.answer()
        assert served.app.seen == ["", "", ""]


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", b"\r\n"])
async def test_a_head_that_does_not_arrive_in_time_ends_its_connection(sent: bytes) -> None:
    async with serving(head_s=0.05) as served:
        peer = await served.connect()
        peer.send(sent)
        assert await peer.rest() == b""


async def test_a_second_head_that_does_not_arrive_in_time_does_so_too() -> None:
    async with serving(head_s=0.05) as served:
        peer = await served.connect()
        peer.send(GET)
        await peer.answer()
        peer.send(b"GET / HT")
        assert await peer.rest() == b""


async def test_an_answer_is_not_cut_off_by_a_stray_line_feed_of_its_caller() -> None:
    async with serving(head_s=0.02) as served:
        peer = await served.connect()
        peer.send(GET.replace(b"/ ", b"/wait ") + b"\r\n")
        await served.app.asked.wait()
        await asyncio.sleep(0.1)
        served.app.may_answer.set()
        assert (await peer.answer()).startswith(b"HTTP/1.1 200")


async def test_a_connection_on_which_nothing_more_is_asked_ends() -> None:
    async with serving(idle_s=1) as served:
        peer = await served.connect()
        peer.send(GET)
        await peer.answer()
        assert await peer.rest() == b""


def head_without_end() -> bytes:
    return b"GET / HTTP/1.1\r\nx: " + b"y" * (300 << 10)


def line_without_end() -> bytes:
    return b"GET /" + b"y" * (300 << 10)


def many_headers() -> bytes:
    return b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n"


def trailers_without_end() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 200


def one_trailer_without_end() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: " + b"y" * (2 << 20)


def body_in_tiny_chunks() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 300_000


def large_body() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999999\r\n\r\n" + b"y" * (2 << 20)


def many_at_once() -> bytes:
    return GET.replace(b"/ ", b"/wait ") + GET * 100


def two_lengths() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"


def length_and_chunks() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"


def no_http() -> bytes:
    return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50


def http_2() -> bytes:
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        *(head_without_end, line_without_end, many_headers, trailers_without_end, one_trailer_without_end),
        *(body_in_tiny_chunks, large_body, many_at_once, two_lengths, length_and_chunks, no_http, http_2),
    ],
)
async def test_what_is_too_much_or_no_http_ends_its_connection_and_leaves_no_line(sent: Callable[[], bytes]) -> None:
    with capture_logs() as lines:
        async with serving(request_bytes=1 << 20) as served:
            peer = await served.connect()
            peer.send(sent())
            assert (await peer.rest())[:12] in (b"", b"HTTP/1.1 400")
            other = await served.connect()
            other.send(GET)
            assert (await other.answer()).startswith(b"HTTP/1.1 200")
    assert said(lines) == []

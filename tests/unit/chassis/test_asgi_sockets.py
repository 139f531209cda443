"""WebSockets for ASGI applications: whatever a peer sends, it costs little and ends."""

from __future__ import annotations

import asyncio

import pytest

from chassis.asgi_socket import Socket
from tests.unit.chassis.socket_peers import BINARY, CLOSE, HELLO, PATIENCE_S, PING, PONG, TEXT, frame, serving_sockets


async def test_what_is_said_is_heard_and_answered() -> None:
    async with serving_sockets() as served:
        peer = await served.opened()
        peer.send(frame("grüß".encode()), frame(b"\x00\xff", BINARY))
        assert await peer.next() == (TEXT, "grüß".encode())
        assert await peer.next() == (BINARY, b"\x00\xff")


async def test_a_message_in_fragments_is_one_message_with_pings_between_them() -> None:
    async with serving_sockets() as served:
        peer = await served.opened()
        euro = "€".encode()
        peer.send(frame(euro[:1], fin=False), frame(b"x", PING), frame(euro[1:], 0))
        assert await peer.next() == (PONG, b"x")
        assert await peer.next() == (TEXT, euro)


async def test_a_subprotocol_that_the_application_takes_is_told() -> None:
    async with serving_sockets() as served:
        peer = await served.connect()
        peer.send(HELLO.replace(b"\r\n\r\n", b"\r\nsec-websocket-protocol: a, b\r\n\r\n"))
        assert b"Sec-WebSocket-Protocol: a\r\n" in await peer.head()


async def test_compression_is_not_offered() -> None:
    async with serving_sockets() as served:
        peer = await served.connect()
        peer.send(HELLO.replace(b"\r\n\r\n", b"\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n"))
        assert b"xtensions" not in await peer.head()
        peer.send(bytes([0xC1]) + frame(b"x")[1:])  # as if it had been
        assert (await peer.closed())[0] == 1002


async def test_the_application_may_refuse_with_an_answer_of_http() -> None:
    async with serving_sockets() as served:
        peer = await served.connect()
        peer.send(HELLO.replace(b"/echo", b"/refuse"))
        assert (await peer.head()).startswith(b"HTTP/1.1 401 ")
        assert await peer.reader.read(-1) == b"no"


async def test_a_fault_before_the_handshake_is_an_answer_of_http() -> None:
    async with serving_sockets() as served:
        peer = await served.connect()
        peer.send(HELLO.replace(b"/echo", b"/fail"))
        assert (await peer.head()).startswith(b"HTTP/1.1 500 ")
        await peer.gone()


async def test_both_sides_may_end_it() -> None:
    async with serving_sockets() as served:
        peer = await served.opened()
        peer.send(frame(b"end"))
        assert await peer.closed() == (4000, "that was all")
        peer.send(frame(b"\x0f\xa0", CLOSE))
        await peer.gone()
        other = await served.opened()
        other.send(frame(b"\x03\xe8", CLOSE))
        assert (await other.closed())[0] == 1000
        await other.gone()
        await served.until_connections(0)
        assert served.app.ended == [0, 1000]


async def test_who_never_closes_is_closed() -> None:
    async with serving_sockets(close_s=0.05) as served:
        peer = await served.opened()
        peer.send(frame(b"end"))
        await peer.closed()
        await peer.gone()


async def test_the_application_is_told_of_a_peer_that_is_gone() -> None:
    async with serving_sockets() as served:
        peer = await served.opened()
        peer.writer.transport.abort()
        await asyncio.wait_for(served.app.over.wait(), PATIENCE_S)
        assert served.app.ended == [1006]


async def test_a_peer_of_which_nothing_is_heard_is_gone() -> None:
    async with serving_sockets(beat_s=0.05) as served:
        peer = await served.opened()
        assert await peer.next() == (PING, b"")
        assert (await peer.closed())[0] == 1011


async def test_a_peer_that_answers_is_there() -> None:
    async with serving_sockets(beat_s=0.05) as served:
        peer = await served.opened()
        for _ in range(5):
            assert await peer.next() == (PING, b"")
            peer.send(frame(b"", PONG))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"x", masked=False), 1002),
        (frame(b"x", 3), 1002),
        (frame(b"x", 0), 1002),
        (frame(b"x", PING, fin=False), 1002),
        (frame(b"x" * 126, PING), 1002),
        (frame(b"x", fin=False) + frame(b"x"), 1002),
        (bytes([0x91]) + frame(b"x")[1:], 1002),
        (frame(b"\x00", CLOSE), 1002),
        (frame(b"\x03\xe7", CLOSE), 1002),
        (frame(b"\xff"), 1007),
        (frame(b"\xe2\x82", fin=False) + frame(b"(", 0), 1007),
        (frame(b"", size=1 << 62), 1009),
        (frame(b"x" * 600, fin=False) + frame(b"x" * 600, 0), 1009),
        (frame(b"x") + frame(b"", size=101), 1009),
    ],
)
async def test_what_is_against_the_rules_ends_it(sent: bytes, code: int) -> None:
    async with serving_sockets(first_bytes=1000, message_bytes=100, close_s=0.1) as served:
        peer = await served.opened()
        peer.send(sent)
        assert (await peer.closed())[0] == code
        await peer.gone()
        await served.until_connections(0)


async def test_frames_of_which_only_the_size_comes_hold_nothing() -> None:
    async with serving_sockets(message_s=0.1) as served:
        peer = await served.opened()
        peer.send(frame(b"", size=1 << 20), b"x" * 1000)
        assert await peer.closed() == (1008, "a message took too long")


async def test_a_message_that_never_ends_does() -> None:
    async with serving_sockets(message_s=0.1) as served:
        peer = await served.opened()
        for _ in range(50):
            peer.send(frame(b"x", fin=False) if not _ else frame(b"x", 0, fin=False))
        assert (await peer.closed())[0] == 1008


@pytest.mark.parametrize("kind", [PING, PONG, 0])
async def test_a_flood_of_frames_that_say_nothing_ends_it(kind: int) -> None:
    async with serving_sockets() as served:
        peer = await served.opened()
        first = b"" if kind else frame(b"x", fin=False)
        peer.send(first, frame(b"", kind, fin=bool(kind)) * 50_000)
        assert await peer.closed() == (1008, "too many frames that say nothing")


async def test_a_flood_of_small_messages_leaves_the_loop_to_others() -> None:
    async with serving_sockets() as served:
        peer, other = await served.opened(), await served.opened()
        peer.send(frame(b"x") * 30_000)
        for _ in range(5):
            other.send(frame(b"y"))
            await other.next()
        assert served.app.heard.count("y") == 5
        assert served.app.heard.count("x") < 30_000


async def test_what_nobody_hears_waits_with_the_peer() -> None:
    async with serving_sockets() as served:
        peer = await served.opened(b"/deaf")
        for _ in range(64):
            peer.send(frame(bytes(1 << 10), BINARY) * 64)
            await asyncio.sleep(0)
        *_, socket = served.server._connections
        assert isinstance(socket, Socket)
        assert len(socket._pending) < 1 << 19
        assert peer.writer.transport.get_write_buffer_size() > 0
        served.app.may_hear.set()
        for _ in range(64 * 64):
            await peer.next()


async def test_who_reads_nothing_is_ended() -> None:
    async with serving_sockets(unread_s=0.1) as served:
        peer = await served.opened(b"/large")
        peer.reader._transport.pause_reading()  # type: ignore[attr-defined]
        await served.until_connections(0)


async def test_a_thousand_idle_sockets_count_as_connections_and_the_next_is_refused() -> None:
    async with serving_sockets(connections=1000) as served:
        peers = [await served.opened() for _ in range(1000)]
        assert served.server.connections == 1000
        late = await served.connect()
        await late.gone()
        assert served.server.connections == 1000
        peers[0].send(frame(b"still here"))
        assert await peers[0].next() == (TEXT, b"still here")


@pytest.mark.parametrize(
    "asked",
    [
        HELLO.replace(b"version: 13", b"version: 8"),
        HELLO.replace(b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b""),
        HELLO.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"x"),
    ],
)
async def test_what_is_no_handshake_is_refused(asked: bytes) -> None:
    async with serving_sockets() as served:
        peer = await served.connect()
        peer.send(asked)
        assert (await peer.head()).startswith(b"HTTP/1.1 4")
        await peer.gone()
        await served.until_connections(0)


async def test_a_server_that_stops_says_so() -> None:
    async with serving_sockets() as served:
        peer = await served.opened()
        await served.server.stop(PATIENCE_S)
        assert (await peer.closed())[0] == 1012
        assert served.app.ended == [1012]

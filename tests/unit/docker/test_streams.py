"""The engine's framing of an attached container."""

from __future__ import annotations

import struct

import pytest

from node.infrastructure.docker.streams import STDERR, STDOUT, Demultiplexer, StreamError


def chunk(stream: int, data: bytes) -> bytes:
    return struct.pack("!BxxxI", stream, len(data)) + data


def test_chunks_come_out_whole_however_they_arrive() -> None:
    sent = chunk(STDOUT, b"one") + chunk(STDERR, b"") + chunk(STDOUT, b"two" * 100)
    wanted = [(STDOUT, b"one"), (STDERR, b""), (STDOUT, b"two" * 100)]
    assert list(Demultiplexer().feed(sent)) == wanted
    pieces = Demultiplexer()
    assert [found for byte in sent for found in pieces.feed(bytes([byte]))] == wanted


@pytest.mark.parametrize("bad", [chunk(0, b"x"), chunk(3, b"x"), struct.pack("!BxxxI", STDOUT, 1 << 30)])
def test_what_the_engine_would_never_send_is_an_error(bad: bytes) -> None:
    with pytest.raises(StreamError):
        list(Demultiplexer().feed(bad))

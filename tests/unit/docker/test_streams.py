"""The engine's framing of an attached container."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest

from node.infrastructure.docker.agent_link.streams import STDERR, STDOUT, Demultiplexer, StreamError


def chunk(stream: int, data: bytes) -> bytes:
    return struct.pack("!BxxxI", stream, len(data)) + data


def texts(found: Iterable[tuple[int, memoryview]]) -> dict[int, bytes]:
    """By stream, all that came out."""
    together: dict[int, bytes] = {}
    for stream, piece in found:
        together[stream] = together.get(stream, b"") + piece
    return together


@pytest.mark.parametrize("size", [1, 3, 7, 8, 9, 1000])
def test_what_went_in_comes_out_however_it_arrives(size: int) -> None:
    sent = chunk(STDOUT, b"one") + chunk(STDERR, b"") + chunk(STDERR, b"no") + chunk(STDOUT, b"two" * 100)
    streams = Demultiplexer()
    found = [one for at in range(0, len(sent), size) for one in streams.feed(sent[at : at + size])]
    assert texts(found) == {STDOUT: b"one" + b"two" * 100, STDERR: b"no"}


@pytest.mark.parametrize("bad", [chunk(0, b"x"), chunk(3, b"x"), struct.pack("!BxxxI", STDOUT, 1 << 30)])
def test_what_the_engine_would_never_send_is_an_error(bad: bytes) -> None:
    with pytest.raises(StreamError):
        list(Demultiplexer().feed(bad))

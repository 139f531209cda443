"""The agent's side of the frames: what it sends, and bytes that come in any pieces or are no frame."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from node.agent.frames import MAX_BODY_BYTES, MAX_HEADER_BYTES, Decoder, FrameError, encode, encode_list

Frames = list[tuple[dict[str, Any], bytes]]


def decoded(*pieces: bytes) -> Frames:
    decoder = Decoder()
    return [(header, bytes(body)) for piece in pieces for header, body in decoder.feed(piece)]


def frame(header: bytes, body_size: int = 0) -> bytes:
    return struct.pack("!II", len(header), body_size) + header


def test_a_frame_is_two_lengths_a_header_and_a_body() -> None:
    assert b"".join(encode({"type": "x"}, b"ab", b"c")) == b"\x00\x00\x00\x0c\x00\x00\x00\x03" + b'{"type":"x"}abc'


def test_a_body_is_sent_in_the_pieces_that_it_comes_in_and_not_copied() -> None:
    large = bytes(1 << 20)
    *_, piece = encode({"type": "x"}, b"", large)
    assert piece is large


def test_frames_that_follow_each_other_are_decoded_whatever_the_pieces() -> None:
    sent = b"".join([*encode({"type": "a"}, b"body"), *encode({"type": "b"}), *encode({"type": "c"}, b"\0" * 9)])
    wanted = [({"type": "a"}, b"body"), ({"type": "b"}, b""), ({"type": "c"}, b"\0" * 9)]
    assert decoded(sent) == wanted
    for size in range(1, 12):
        assert decoded(*(sent[at : at + size] for at in range(0, len(sent), size))) == wanted


def test_each_frame_has_a_body_of_its_own() -> None:
    sent = b"".join([*encode({"type": "a"}, b"one"), *encode({"type": "b"}, b"two")])
    first, second = (body for _, body in Decoder().feed(sent))
    first[:] = b"xxx"
    assert second == b"two"


def test_half_a_frame_is_not_one_yet() -> None:
    sent = b"".join(encode({"type": "a"}, b"body"))
    assert decoded(sent[:-1]) == []
    assert decoded(sent[:-1], sent[-1:]) == [({"type": "a"}, b"body")]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(struct.pack("!II", MAX_HEADER_BYTES + 1, 0), id="a header that is too large"),
        pytest.param(struct.pack("!II", 2, MAX_BODY_BYTES + 1), id="a body that is too large"),
        pytest.param(frame(b"nope"), id="a header that is not JSON"),
        pytest.param(frame(b"\xff\xfe"), id="a header that is not text"),
        pytest.param(frame(b"[1]"), id="a header that is no object"),
        pytest.param(frame(b"{}"), id="a header without a type"),
        pytest.param(frame(json.dumps({"type": 1}).encode()), id="a header whose type is no text"),
    ],
)
def test_what_is_not_a_frame_is_an_error(bad: bytes) -> None:
    with pytest.raises(FrameError):
        decoded(bad)


def test_the_largest_body_is_announced_without_an_error() -> None:
    assert decoded(struct.pack("!II", MAX_HEADER_BYTES, MAX_BODY_BYTES)) == []


def test_a_list_for_a_waiting_process_is_counted_and_so_is_each_string() -> None:
    assert encode_list([]) == b"\0\0\0\0"
    assert encode_list([b"ab", b"", b"\xff"]) == b"\0\0\0\3" + b"\0\0\0\2ab" + b"\0\0\0\0" + b"\0\0\0\1\xff"

"""The agent's frames: whatever arrives in whatever pieces, or is not a frame at all."""

from __future__ import annotations

import json
import struct

import pytest

from node.agent import frames as agents
from node.domain.sandbox import Ending, OutputFile
from node.infrastructure.docker.agent_link.frames import (
    Artefact,
    Clean,
    Decoder,
    Exited,
    FrameError,
    LeftFile,
    Output,
    Ready,
    encode,
    split_artefacts,
    split_files,
)

NONCE = "0" * 32


def agents_frame(header: dict[str, object], body: bytes = b"") -> bytes:
    return b"".join(agents.encode(header, body))


def frame(header: dict[str, object], body: bytes = b"") -> bytes:
    return b"".join(encode(header, body))


def synchronised() -> Decoder:
    decoder = Decoder()
    decoder.expect(NONCE)
    assert list(decoder.feed(b"CRDY" + NONCE.encode())) == []
    return decoder


def exited_header() -> dict[str, object]:
    return {
        "type": "exited",
        "run_id": "1",
        "ending": "cpu",
        "exit_code": None,
        "signal": 9,
        "wall_ms": 1.5,
        "cpu_ms": 2,
        "peak_memory_bytes": 3,
        "memory_before_bytes": 2,
        "warm": False,
        "stdout_truncated": False,
        "stderr_truncated": True,
        "limits_hit": ["cpu"],
        "fault": "",
        "artefacts": [{"name": "a", "size": 1}],
    }


def test_everything_before_the_mark_of_this_hello_is_thrown_away() -> None:
    decoder = Decoder()
    decoder.expect(NONCE)
    ready = agents_frame({"type": "ready", "nonce": NONCE, "protocol": 1, "runs": 3})
    noise = b"half a frame CRDY" + b"1" * 32 + b"\xff" * 100
    found = []
    for byte in noise + b"CRDY" + NONCE.encode() + ready:
        found += list(decoder.feed(bytes([byte])))
    assert found == [(Ready(nonce=NONCE, protocol=1, runs=3), b"")]


def test_what_the_agent_encodes_is_decoded_in_one_piece_and_in_many() -> None:
    sent = agents_frame({"type": "output", "run_id": "1", "stream": "stderr"}, b"abc") + agents_frame(
        {"type": "clean", "run_id": "1", "ok": True, "problems": []}
    )
    wanted = [(Output(run_id="1", stream="stderr"), b"abc"), (Clean(run_id="1", ok=True, problems=[]), b"")]
    assert list(synchronised().feed(sent)) == wanted
    decoder = synchronised()
    assert [frame for byte in sent for frame in decoder.feed(bytes([byte]))] == wanted


def test_the_agent_decodes_what_this_side_encodes() -> None:
    decoded = list(agents.Decoder().feed(frame({"type": "hello", "nonce": NONCE}, b"body")))
    assert decoded == [({"type": "hello", "nonce": NONCE}, b"body")]


def test_an_exit_is_decoded_with_its_types() -> None:
    ((message, body),) = synchronised().feed(agents_frame(exited_header(), b"x"))
    assert isinstance(message, Exited)
    assert message.ending is Ending.CPU
    assert split_artefacts(message.artefacts, body) == {"a": b"x"}


@pytest.mark.parametrize(
    "bad",
    [
        struct.pack("!II", 1 << 21, 0),
        struct.pack("!II", 2, 1 << 20) + b"{}",
        struct.pack("!II", 4, 0) + b"nope",
        struct.pack("!II", 2, 0) + b"\xff\xfe",
        struct.pack("!II", 21 + 200_000, 0) + b'{"type":"clean","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        agents_frame({"type": "surprise"}),
        agents_frame({"type": "output", "run_id": "1", "stream": "stdin"}),
        agents_frame({"type": "clean", "run_id": "1", "ok": "yes", "problems": []}),
        agents_frame({**exited_header(), "ending": "bored"}),
        agents_frame({key: value for key, value in exited_header().items() if key != "signal"}),
    ],
)
def test_what_is_not_a_frame_of_the_protocol_is_an_error(bad: bytes) -> None:
    with pytest.raises(FrameError):
        list(synchronised().feed(bad))


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "a//b", "", ".", "a\0b"])
def test_an_artefact_whose_name_would_leave_its_directory_is_an_error(name: str) -> None:
    with pytest.raises(FrameError):
        split_artefacts([Artefact(name=name, size=0)], b"")


def test_artefacts_that_do_not_add_up_to_their_body_are_an_error() -> None:
    with pytest.raises(FrameError):
        split_artefacts([Artefact(name="a", size=2)], b"abc")
    with pytest.raises(FrameError):
        split_artefacts([Artefact(name="a", size=5), Artefact(name="b", size=-2)], b"abc")


def test_files_that_were_left_are_read_and_one_that_was_not_brought_has_its_size() -> None:
    listed = [LeftFile(name="a", size=2, brought=2), LeftFile(name="b", size=9, brought=0), LeftFile("c", 0, 0)]
    assert split_files(listed, b"xy") == (OutputFile("a", 2, b"xy"), OutputFile("b", 9, None), OutputFile("c", 0, b""))


@pytest.mark.parametrize(
    "listed",
    [
        [LeftFile("a", 3, 3)],
        [LeftFile("a", 1, 1)],
        [LeftFile("a", 3, 2)],
        [LeftFile("a", 5, 5), LeftFile("b", -3, -3)],
        [LeftFile("../a", 2, 2)],
        [LeftFile("/a", 2, 2)],
        [LeftFile(f"{number}", 0, 0) for number in range(65)],
    ],
)
def test_files_that_do_not_add_up_or_would_leave_or_are_too_many_are_an_error(listed: list[LeftFile]) -> None:
    with pytest.raises(FrameError):
        split_files(listed, b"xy" if len(listed) < 65 else b"")


def test_a_header_too_large_for_the_protocol_is_not_sent() -> None:
    with pytest.raises(ValueError, match="too large"):
        frame({"type": "run", "env": {"A": "x" * (1 << 20)}})
    assert json.loads(frame({"type": "kill"})[8:]) == {"type": "kill"}

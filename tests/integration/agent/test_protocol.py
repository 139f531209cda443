"""The agent on its line: every order in every state, and what it does with what is no order."""

from __future__ import annotations

import struct

import pytest

from schemas.task import Limits
from tests.integration.agent.attached import LIMITS, MIB, AttachedAgent
from tests.integration.agent.slot_checks import HELLO, SLEEP, assert_gone, assert_works


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 4,
        struct.pack("!II", 2 << 20, 0),
        struct.pack("!II", 2, 600 << 20) + b"{}",
        struct.pack("!II", 5, 0) + b"{not}",
        struct.pack("!II", 2, 0) + b"[]",
        struct.pack("!II", 2, 0) + b"{}",
        struct.pack("!II", 4, 0) + b"\xff\xff\xff\xff",
        struct.pack("!II", 15, 0) + b'{"type":"fly1"}',
        struct.pack("!II", 14, 0) + b'{"type":"run"}',
        struct.pack("!II", 12, 0) + b'{"type":{}}\n',
    ],
    ids=[
        "http",
        "huge header",
        "huge body",
        "no json",
        "a list",
        "no type",
        "no text",
        "no order",
        "no fields",
        "odd type",
    ],
)
def test_what_is_no_frame_ends_the_slot(own_python_slot: AttachedAgent, garbage: bytes) -> None:
    own_python_slot.send_raw(garbage)
    assert_gone(own_python_slot)


def test_a_frame_may_come_in_pieces(python_slot: AttachedAgent) -> None:
    sent: list[bytes] = []
    real = python_slot.send_raw
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(python_slot, "send_raw", sent.append)
        python_slot.start({"main.py": HELLO}, ["python3", "main.py"])
    for at in range(0, len(sent[0]), 7):
        real(sent[0][at : at + 7])
    assert python_slot.finish().stdout == b"hello\n"


def test_a_kill_ends_the_run_and_keeps_its_output(python_slot: AttachedAgent) -> None:
    python_slot.start({"main.py": SLEEP}, ["python3", "main.py"], run_id="k1")
    header, body = python_slot.next()
    assert (header["type"], body) == ("output", b"up\n")
    python_slot.send({"type": "kill", "run_id": "another"})
    python_slot.send({"type": "kill", "run_id": "k1"})
    report = python_slot.finish()
    assert (report.ending, report.signal, report.clean["ok"]) == ("cancelled", 9, True)
    assert_works(python_slot)


def test_a_kill_of_nothing_is_nothing(python_slot: AttachedAgent) -> None:
    python_slot.send({"type": "kill", "run_id": "k2"})
    assert_works(python_slot)


def test_hello_while_a_program_runs_ends_it_and_answers_clean(python_slot: AttachedAgent) -> None:
    source = "import os\nopen('/tmp/left', 'w').close()\nos.fork()\n" + SLEEP
    python_slot.start({"main.py": source}, ["python3", "main.py"])
    assert python_slot.next()[0]["type"] == "output"
    ready = python_slot.hello()
    assert (ready["protocol"], ready["runs"] > 0) == (1, True)
    assert python_slot.inside("ls -A /tmp") == ""
    assert_works(python_slot)


def test_hello_while_a_cold_program_runs(cold_slot: AttachedAgent) -> None:
    cold_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    assert cold_slot.next()[0]["type"] == "output"
    cold_slot.hello()
    assert_works(cold_slot)


def test_hello_in_the_middle_of_a_flood(python_slot: AttachedAgent) -> None:
    source = "import os\nwhile True: os.write(1, b'x' * 4096)"
    python_slot.start({"main.py": source}, ["python3", "main.py"], output_bytes=512 * MIB)
    for _ in range(20):
        assert python_slot.next()[0]["type"] == "output"
    python_slot.hello()
    assert_works(python_slot)


def test_hello_twice_is_answered_twice(python_slot: AttachedAgent) -> None:
    python_slot.hello()
    python_slot.hello()
    assert_works(python_slot)


def test_a_second_run_while_one_is_under_way_ends_the_slot(own_python_slot: AttachedAgent) -> None:
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    assert_gone(own_python_slot)


def test_limits_are_all_asked_for() -> None:
    assert set(LIMITS) == set(Limits.__struct_fields__)

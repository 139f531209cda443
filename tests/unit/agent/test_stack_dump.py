"""The dump that a program writes when its time is up, out of all that it writes then; and whom the question goes to."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from node.agent.stack_dump import MAX_BYTES, StackDump, busiest_thread

ASKED: dict[str, Any] = {"signal": 64, "stream": "stderr", "begin": "Stack:"}


def read(*pieces: bytes, stream: str = "stderr") -> StackDump:
    dump = StackDump(ASKED)
    for piece in pieces:
        dump.take(stream, piece)
    return dump


def test_the_dump_begins_with_its_first_words_wherever_they_come() -> None:
    assert read(b"noise St", b"ack: a", b"\nb").text == b"Stack: a\nb"
    assert read(b"x" * 500_000, b"yStack:", b" a").text == b"Stack: a"
    assert read(*[bytes([byte]) for byte in b"StStack: a"]).text == b"Stack: a"


def test_without_them_there_is_none() -> None:
    assert read(b"Stac", b"k").text == b""
    assert read(b"Stack: a", stream="stdout").text == b""


def test_a_flood_is_not_kept() -> None:
    assert len(read(b"Stack:", *[b"x" * 65536] * 99).text) == MAX_BYTES
    dump = read(*[b"x" * 65536] * 99)
    assert len(dump._read) < len(ASKED["begin"])


def test_it_is_over_when_it_is_full_or_its_writer_is_silent_or_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("node.agent.stack_dump.time.monotonic", lambda: now)
    monkeypatch.setattr("node.agent.stack_dump.signal_process", lambda *_: None)
    assert read(b"Stack:", b"x" * MAX_BYTES).is_over
    silent, asked = read(b"Stack: a"), read(b"noise")
    asked.ask(1000, os.getpid())
    now += 0.039
    assert not silent.is_over
    assert 0 < silent.next_check_s() < 0.01
    now += 0.002
    assert silent.is_over
    assert not asked.is_over
    now += 0.16
    assert asked.is_over
    assert asked.next_check_s() > 0


def test_one_that_has_ended_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr("node.agent.stack_dump.signal_process", gone)
    read().ask(1000, 1 << 30)


def test_the_question_goes_to_the_thread_that_runs() -> None:
    spinning = (
        "import threading, time\n"
        "def spin():\n    while time.thread_time() < 0.3: pass\n"
        "    print(threading.get_native_id(), flush=True)\n    while True: pass\n"
        "threading.Thread(target=spin).start()\nthreading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", spinning], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            thread = int(process.stdout.readline())
            assert thread != process.pid
            assert busiest_thread(process.pid) == thread
        finally:
            process.kill()


def test_where_no_thread_is_to_be_seen_it_goes_to_the_process() -> None:
    assert busiest_thread(1 << 30) == 1 << 30
    done = threading.Event()
    threading.Thread(target=done.wait).start()
    assert busiest_thread(os.getpid()) == os.getpid()
    done.set()

"""Exit notices: what is one, and what is not."""

from __future__ import annotations

import os
import secrets
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.agent.last_words import LastWords, parse

SENDER = struct.pack("iII", 42, 900_001, 900_001)
BY_KERNEL = [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, SENDER)]
Say = Callable[[bytes], object]


@pytest.fixture
def address() -> bytes:
    return f"\0test-{secrets.token_hex(8)}".encode()


@pytest.fixture
def words(address: bytes) -> Iterator[LastWords]:
    words = LastWords(address)
    yield words
    words.close()


@pytest.fixture
def say(words: LastWords, address: bytes) -> Iterator[Say]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        yield lambda message: speaker.sendto(message, address)


def test_an_exit_notice_has_the_senders_pid_and_the_exit_code() -> None:
    assert parse(b"E\0", BY_KERNEL) == (42, 0)
    assert parse(b"E\xff", BY_KERNEL) == (42, 255)


@pytest.mark.parametrize("message", [b"", b"E", b"E\0E", b"e\0", b"\0E", b"X\7"])
def test_another_message_is_none(message: bytes) -> None:
    assert parse(message, BY_KERNEL) is None


@pytest.mark.parametrize(
    "ancillary",
    [
        pytest.param([], id="none"),
        pytest.param([(socket.SOL_SOCKET, socket.SCM_RIGHTS, SENDER)], id="descriptors"),
        pytest.param([(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, SENDER[:8])], id="half of them"),
    ],
)
def test_a_message_without_the_kernels_word_for_its_sender_is_none(ancillary: list[tuple[int, int, bytes]]) -> None:
    assert parse(b"E\0", ancillary) is None


def test_the_kernel_says_who_sent_it(words: LastWords, say: Say) -> None:
    say(b"E\7")
    assert words.read() == (os.getpid(), 7)


def test_a_message_with_a_descriptor_in_it_opens_none_here(words: LastWords, address: bytes) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        speaker.connect(address)
        socket.send_fds(speaker, [b"E\7"], [0, 1, 2])
    words.read()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_reading_does_not_wait(words: LastWords) -> None:
    assert words.read() is None


def test_what_is_discarded_is_not_read(words: LastWords, say: Say) -> None:
    for _ in range(3):
        say(b"E\7")
    words.discard()
    assert words.read() is None
    say(b"E\1")
    assert words.read() == (os.getpid(), 1)

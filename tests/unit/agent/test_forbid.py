"""The system call filter for gVisor, run step by step: machines of both architectures are not at hand."""

from __future__ import annotations

import errno
import stat
import struct

import pytest

from node.agent import forbid

X86_64, AARCH64 = 0xC000003E, 0xC00000B7
ALLOWED = 0x7FFF0000
REFUSED = 0x00050000 | errno.EPERM
MASK = (1 << 64) - 1
NUMBERS = {
    "read": (0, 63),
    "clone": (56, 220),
    "clone3": (435, 435),
    "socket": (41, 198),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "mknodat": (259, 33),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "ptrace": (101, 117),
    "setns": (308, 268),
    "keyctl": (250, 219),
    "syslog": (103, 116),
    "io_uring_setup": (425, 425),
}


def answer(architecture: int, number: int, *arguments: int, claimed: int | None = None) -> int:
    """What the filter of ``architecture`` says to one call (seccomp(2), classic BPF)."""
    program = forbid._program(architecture, 0 if architecture == X86_64 else 1)
    steps = [struct.unpack("=HBBI", program[at : at + 8]) for at in range(0, len(program), 8)]
    full = [argument & MASK for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    call = struct.pack("<IIQ6Q", number, claimed or architecture, 0, *full)
    held, at = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("<I", call, value)
            case 0x54:
                held &= value
            case 0x15:
                at += if_true if held == value else if_false
            case 0x35:
                at += if_true if held >= value else if_false
            case 0x45:
                at += if_true if held & value else if_false
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(f"no such step: {code:#x}")


def of(name: str, architecture: int) -> int:
    return NUMBERS[name][0 if architecture == X86_64 else 1]


@pytest.mark.parametrize("architecture", [X86_64, AARCH64])
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("read", (), ALLOWED),
        ("clone", (17,), ALLOWED),
        ("clone", (0x10000011,), REFUSED),
        ("clone3", (), 0x00050000 | errno.ENOSYS),
        ("socket", (1,), ALLOWED),
        ("socket", (2, 1), ALLOWED),
        ("socket", (10, 1 | 0o2004000, 6), ALLOWED),
        ("socket", (10, 2, 17), ALLOWED),
        ("socket", (2, 2 | 0o2000000, 1), REFUSED),  # ICMP
        ("socket", (10, 2, 58), REFUSED),  # ICMP of IPv6
        ("socket", (2, 2, 136), REFUSED),  # UDP-Lite
        ("socket", (2, 1, 132), REFUSED),  # SCTP
        ("socket", (2, 1, (1 << 32) + 132), REFUSED),
        ("socket", (2, 1, 262), 0x00050000 | errno.EPROTONOSUPPORT),  # multipath TCP
        ("socket", (2, 3, 6), REFUSED),  # raw
        ("socket", (2, 0), REFUSED),
        ("socket", (16,), REFUSED),
        ("socket", (40,), REFUSED),
        ("setpriority", (0, 0, 19), ALLOWED),
        ("setpriority", (0, 1, 19), REFUSED),
        ("setpriority", (1, 2, 19), REFUSED),
        ("sched_setaffinity", (0, 8), ALLOWED),
        ("sched_setaffinity", (2, 8), REFUSED),
        ("sched_setaffinity", (1 << 32, 8), ALLOWED),  # a pid has 32 bits, whatever stands above them
        ("mknodat", (-100, 1, stat.S_IFIFO | 0o666), ALLOWED),
        ("mknodat", (-100, 1, stat.S_IFREG | 0o666), ALLOWED),
        ("mknodat", (-100, 1, 0), ALLOWED),
        ("mknodat", (-100, 1, stat.S_IFCHR | 0o666), REFUSED),
        ("mknodat", (-100, 1, stat.S_IFBLK), REFUSED),
        *(
            (name, (), REFUSED)
            for name in ("shmget", "mq_open", "ptrace", "setns", "keyctl", "syslog", "io_uring_setup")
        ),
    ],
)
def test_a_call_is_answered_by_what_it_asks_for(
    architecture: int, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert answer(architecture, of(name, architecture), *arguments) == expected


def test_the_older_mknod_is_answered_like_the_newer() -> None:
    assert answer(X86_64, 133, 1, stat.S_IFCHR) == REFUSED
    assert answer(X86_64, 133, 1, stat.S_IFIFO) == ALLOWED


def test_calls_of_another_architecture_are_refused() -> None:
    assert answer(X86_64, 0, claimed=0x40000003) == REFUSED
    assert answer(AARCH64, 63, claimed=0x40000028) == REFUSED
    assert answer(X86_64, 0x40000000) == REFUSED

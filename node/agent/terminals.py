"""Pseudo-terminals, pty(7). The agent shuts their door at its start: the kernel has one number of them for the whole
host, and no control group counts them. For a program that is talked to through one it makes that one itself."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import sys
import termios

from .identity import files_as
from .spawn import Pipes, copy_of

_DOOR = "/dev/pts/ptmx"
_ROOT_ONLY, _EVERYBODY = 0o600, 0o666
_UNLOCK, _NUMBER = 0x40045431, 0x80045430
"""TIOCSPTLCK, TIOCGPTN, pts(4)."""
END_OF_FILE = b"\x04"
"""What a terminal takes for the end of its input, termios(3)."""


def shut_terminals(door: str = _DOOR) -> None:
    """Leaves the making of pseudo-terminals to root. Exits where that cannot be done."""
    try:
        os.chmod(door, _ROOT_ONLY)
        mode = stat.S_IMODE(os.stat(door).st_mode)
    except FileNotFoundError:
        return  # there are none
    except OSError as error:
        sys.exit(f"agent: pseudo-terminals cannot be shut: {error}")
    if mode != _ROOT_ONLY:
        sys.exit(f"agent: pseudo-terminals do not shut: {door} has mode {mode:o}")


def make_terminal(user: tuple[int, int], rows: int, columns: int, door: str = _DOOR) -> Pipes:
    """The three standard streams of a program on a terminal of its own, which belongs to it. Nothing of a program may
    run yet: the door is open to its user for a moment. ``our_stderr`` is -1: there is one output. Raises OSError."""
    os.chmod(door, _EVERYBODY)
    try:
        with files_as(*user):
            ours = os.open(door, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                fcntl.ioctl(ours, _UNLOCK, struct.pack("i", 0))
                (number,) = struct.unpack("i", fcntl.ioctl(ours, _NUMBER, bytes(4)))
                theirs = os.open(f"/dev/pts/{number}", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            except OSError:
                os.close(ours)
                raise
    finally:
        shut_terminals(door)
    resize(ours, rows, columns)
    return Pipes(theirs, copy_of(theirs), copy_of(theirs), ours, copy_of(ours), -1)


def resize(terminal: int, rows: int, columns: int) -> None:
    """Sets the size of a terminal; what runs in its foreground gets SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

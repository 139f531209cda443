"""The Landlock domain of everything that runs for a program: files below ``/proc`` cannot be opened for writing.

A program that could write its ``oom_score_adj`` would have the kernel end the agent in its place
(``docs/adr/0014-the-agent-outlives-the-oom-killer.md``). Nothing else is restricted; where the kernel's Landlock has no
right to move files between directories (before Linux 5.19), or there is none (gVisor), nothing at all is.
"""

from __future__ import annotations

import os
import struct
from functools import cache
from typing import Any

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""The same numbers on every architecture."""
_VERSION = 1
_MIN_ABI = 2
_PATH_BENEATH = 1
_WRITE_FILE, _REFER = 1 << 1, 1 << 13
"""Opening for writing; linking and moving to another directory, which every domain refuses unless it is allowed."""


def restrict_caller() -> None:
    """Puts the calling process, and all that it starts, into the domain for good."""
    rules = rules_descriptor()
    if rules is not None:
        _call(_RESTRICT, rules, 0)


@cache
def rules_descriptor() -> int | None:
    """The domain's rules, made once. None where the kernel cannot have them."""
    try:
        if _call(_CREATE, None, 0, _VERSION) < _MIN_ABI:
            return None
        handled = struct.pack("=Q", _WRITE_FILE | _REFER)
        rules = _call(_CREATE, handled, len(handled), 0)
    except OSError:
        return None
    for name in os.listdir("/"):
        if name != "proc":
            _allow_below(rules, f"/{name}")
    return rules


def _allow_below(rules: int, path: str) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        access = _WRITE_FILE | _REFER if os.path.isdir(path) else _WRITE_FILE
        _call(_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", access, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    import ctypes  # noqa: PLC0415 - costs memory that slots without Landlock need not spend

    result = int(_libc().syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@cache
def _libc() -> Any:
    import ctypes  # noqa: PLC0415 - as above

    return ctypes.CDLL(None, use_errno=True)

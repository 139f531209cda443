"""The wipe: empties every directory that a program can write to, and verifies that they are empty.

Called when no process of the slot's user is left, so nothing interferes; and under that user's uid, so a link that it
left leads nowhere that it could not go itself. Trees of any depth are flattened: a directory inside the one being
emptied is first moved up beside it, so neither recursion nor path length grows.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable

from .identity import files_as

_LOOK_BYTES = 4096
_SYSV_TABLES = ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg")


def wipe(directories: list[str], uid: int, gid: int) -> list[str]:
    """Empties ``directories`` as the slot's user. Returns problems in sentences; none: they are clean."""
    try:
        with files_as(uid, gid):
            for directory in directories:
                empty(directory)
    except OSError as error:
        return [f"the wipe failed: {error}"]
    return verify(directories)


def verify(directories: list[str], tables: Iterable[str] = _SYSV_TABLES) -> list[str]:
    """Problems in sentences: entries in ``directories``, and System V objects in the kernel's ``tables``."""
    problems = [f"{directory} is not empty" for directory in directories if _has_entries(directory)]
    problems += [f"{table} lists an object" for table in tables if _lines(table) > 1]
    return problems


def _has_entries(directory: str) -> bool:
    if not os.path.isdir(directory):
        return False
    with os.scandir(directory) as entries:
        return next(entries, None) is not None


def _lines(path: str) -> int:
    """Of a table of the kernel's, as far as one look goes: its second line tells all."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return os.read(file, _LOOK_BYTES).count(b"\n")
    finally:
        os.close(file)


def empty(directory: str) -> None:
    """Removes everything in a directory but itself, whatever the modes and the depth. Raises OSError."""
    top = os.fsencode(directory)
    pending = _directories_after_unlinking(top) if os.path.isdir(top) else []
    prefix = os.path.join(top, secrets.token_bytes(8).hex().encode())
    moved = 0
    while pending:
        current = pending.pop()
        os.chmod(current, 0o700)
        for inner in _directories_after_unlinking(current):
            moved += 1
            target = b"%s-%d" % (prefix, moved)
            os.chmod(inner, 0o700)
            os.rename(inner, target)
            pending.append(target)
        os.rmdir(current)


def _directories_after_unlinking(directory: bytes) -> list[bytes]:
    """Unlinks what is not a directory and returns the directories (real ones: links count as files)."""
    with os.scandir(directory) as entries:
        listed = list(entries)
    folders: list[bytes] = []
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.path)
        else:
            os.unlink(entry.path)
    return folders

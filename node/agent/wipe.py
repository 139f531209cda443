"""Emptying every place a program can write to, and proof that they are empty.

Called when no process of the slot's user is left, so nothing races us; and under that user's uid, so nothing of ours
can be reached through a link it left. Trees of any depth are flattened: a directory inside the one being emptied is
first moved up beside it, so neither recursion nor path length grows.
"""

from __future__ import annotations

import os
import secrets

from .identity import files_as

_SYSV = ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg")


def wipe(places: list[str], uid: int, gid: int) -> list[str]:
    """Empties ``places``. Returns what stands in the way of calling them clean, in sentences (empty: clean)."""
    try:
        with files_as(uid, gid):
            for place in places:
                _empty(os.fsencode(place))
    except OSError as error:
        return [f"the wipe failed: {error}"]
    return verify(places)


def verify(places: list[str]) -> list[str]:
    problems = [f"{place} is not empty" for place in places if os.path.isdir(place) and _any_entry(place)]
    problems += [f"{table} lists an object" for table in _SYSV if _lines(table) > 1]
    return problems


def _any_entry(place: str) -> bool:
    with os.scandir(place) as entries:
        return next(entries, None) is not None


def _lines(path: str) -> int:
    try:
        with open(path, "rb") as file:
            return len(file.readlines())
    except OSError:
        return 0


def _empty(top: bytes) -> None:
    pending = _directories_after_unlinking(top) if os.path.isdir(top) else []
    prefix = os.path.join(top, secrets.token_bytes(8).hex().encode())
    moved = 0
    while pending:
        directory = pending.pop()
        os.chmod(directory, 0o700)
        for inner in _directories_after_unlinking(directory):
            moved += 1
            target = b"%s-%d" % (prefix, moved)
            os.chmod(inner, 0o700)
            os.rename(inner, target)
            pending.append(target)
        os.rmdir(directory)


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

"""The work directory of one run: made fresh, filled before anything runs in it, read back without following a link.

Everything here is called under the slot's own uid (``identity.files_as``).
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

WORKSPACE = "/workspace"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_DEPTH = 32


class TooLargeError(OSError):
    """The files to collect are more, or larger, than allowed. The message goes on from "the program"."""


def make() -> str:
    """Path of a new work directory. Raises OSError."""
    path = f"{WORKSPACE}/task-{secrets.token_hex(8)}"
    os.mkdir(path, 0o755)
    return path


def write(path: str, files: Sequence[tuple[str, bytes | memoryview, bool]]) -> None:
    """Writes ``files``: relative name with ``/``, content, executable. Raises OSError (also for a name that would
    leave)."""
    root = os.open(path, _DIRECTORY)
    try:
        for name, content, executable in files:
            _write_one(root, name, content, 0o755 if executable else 0o644)
    finally:
        os.close(root)


def _write_one(root: int, name: str, content: bytes | memoryview, mode: int) -> None:
    *folders, last = name.split("/")
    if "\0" in name or last in ("", ".", "..") or any(folder in ("", ".", "..") for folder in folders):
        raise OSError(f"not a name inside the work directory: {name!r}")
    at = os.dup(root)
    try:
        for folder in folders:
            at = _enter(at, folder)
        file = os.open(last, _NEW_FILE, mode, dir_fd=at)
    finally:
        os.close(at)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(file, view) :]
    finally:
        os.close(file)


def _enter(at: int, folder: str) -> int:
    with suppress(FileExistsError):
        os.mkdir(folder, 0o755, dir_fd=at)
    inner = os.open(folder, _DIRECTORY, dir_fd=at)
    os.close(at)
    return inner


def link(links: Mapping[str, str]) -> None:
    """Makes symbolic links beside work directories, where nothing is looked for that comes back: by plain name, where
    each leads to. Raises OSError, also where something has that name."""
    for name, target in links.items():
        if "/" in name or name in ("", ".", ".."):
            raise OSError(f"not a name beside the work directory: {name!r}")
        os.symlink(target, f"{WORKSPACE}/{name}")


def collect(
    path: str, patterns: list[str], *, max_bytes: int, max_files: int, max_name_bytes: int
) -> list[tuple[str, bytes]]:
    """Regular files whose relative name matches a pattern (``*`` matches ``/`` too). Raises TooLargeError before a byte
    too many is read, and OSError where the program made something unreadable. ``max_name_bytes``: of all names
    together, as a frame's header spells them."""
    found: list[tuple[str, bytes]] = []
    room, name_room = max_bytes, max_name_bytes
    root = os.open(path, _DIRECTORY)
    try:
        for at, name, relative in _regular_files(root, "", patterns, 0):
            name_room -= len(json.dumps(relative))
            if len(found) == max_files:
                raise TooLargeError(f"left more than {max_files} files to run")
            if name_room < 0:
                raise TooLargeError(f"left files to run whose names have more than {max_name_bytes} bytes")
            content = _read(at, name, room)
            if content is None:
                raise TooLargeError(f"left more than {max_bytes} bytes to run")
            room -= len(content)
            found.append((relative, content))
    finally:
        os.close(root)
    return found


def _regular_files(at: int, prefix: str, patterns: list[str], depth: int) -> Iterator[tuple[int, str, str]]:
    """Descriptor of the folder, name in it, relative name. A name that is not text matches nothing."""
    for name in sorted(filter(_is_text, os.listdir(at))):
        relative = prefix + name
        mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode) and depth < _MAX_DEPTH:
            inner = os.open(name, _DIRECTORY, dir_fd=at)
            try:
                yield from _regular_files(inner, relative + "/", patterns, depth + 1)
            finally:
                os.close(inner)
        elif stat.S_ISREG(mode) and any(fnmatchcase(relative, pattern) for pattern in patterns):
            yield at, name, relative


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\udc80" <= character <= "\udcff" for character in name)


def _read(at: int, name: str, room: int) -> bytes | None:
    """None where the file is larger than ``room``."""
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at)
    with os.fdopen(file, "rb") as reader:
        return None if os.fstat(file).st_size > room else reader.read()

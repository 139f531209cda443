"""The files that a program leaves for whoever ran it, read back without following a link.

Called under the slot's own uid (``identity.files_as``), which opens them; they are read as they are sent. How much is
looked at is bounded: names, files and bytes beyond are not there.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import translate
from functools import cached_property
from io import FileIO

from .file_content import FileContent, Part

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MAX_DEPTH = 8
_MOST_NAMES = 1_000
"""That are looked at, of files and folders together."""
_MOST_NAME_BYTES = 512
"""Of one, with its folders. A longer one is passed over."""


Found = list[tuple[str, int, Part]]
"""Relative name, size and content of each."""


def outputs(path: str, patterns: Sequence[str], *, max_bytes: int, max_files: int) -> tuple[Found, bool]:
    """The regular files that match a pattern (``*`` matches ``/`` too), sorted by name in each folder, and whether
    these are all. What does not fit into ``max_bytes`` any more has its size, and no content."""
    found: Found = []
    room = max_bytes
    names = iter(range(_MOST_NAMES))
    for at, name, relative in _matching(path, _Patterns(patterns), names):
        if len(found) == max_files:
            return found, False
        with suppress(OSError):
            size, content = _opened(at, name, room)
            room -= len(content)
            found.append((relative, size, content))
    return found, next(names, None) is not None


class _Patterns:
    """The patterns of one run. They are a stranger's: nothing of them stays in the agent, which lives for many runs
    (fnmatch would keep thousands, the module re hundreds)."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    def match(self, name: str) -> bool:
        return any(one.match(name) for one in self._compiled)

    def folders(self) -> list[str]:
        """Those that all matches are in."""
        return sorted({_literal_folder(pattern) for pattern in self._patterns})

    @cached_property
    def _compiled(self) -> list[re.Pattern[str]]:
        try:
            return [re.compile(translate(pattern)) for pattern in self._patterns]
        finally:
            re.purge()


def _matching(path: str, patterns: _Patterns, names: Iterator[int]) -> Iterator[tuple[int, str, str]]:
    """Descriptor of the folder, name in it, relative name."""
    seen: set[str] = set()
    for folder in patterns.folders():
        if any(folder.startswith(f"{done}/") or not done for done in seen):
            continue  # within one that was looked through
        seen.add(folder)
        with suppress(OSError):
            at = _entered(path, folder)
            try:
                yield from _walk(at, f"{folder}/" if folder else "", patterns, names, folder.count("/"))
            finally:
                os.close(at)


def _literal_folder(pattern: str) -> str:
    """The folder that all matches are in: the part before the first special character, up to its last ``/``."""
    special = min((at for at in map(pattern.find, "*?[") if at >= 0), default=len(pattern))
    return pattern[:special].rpartition("/")[0]


def _entered(path: str, folder: str) -> int:
    at = os.open(path, _DIRECTORY)
    for name in filter(None, folder.split("/")):
        try:
            inner = os.open(name, _DIRECTORY, dir_fd=at)
        finally:
            os.close(at)
        at = inner
    return at


def _walk(
    at: int, prefix: str, patterns: _Patterns, names: Iterator[int], depth: int
) -> Iterator[tuple[int, str, str]]:
    for name in sorted(filter(_is_text, _some_names(at, names))):
        relative = prefix + name
        if len(relative.encode()) > _MOST_NAME_BYTES:
            continue
        with suppress(OSError):
            mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) and depth < _MAX_DEPTH:
                inner = os.open(name, _DIRECTORY, dir_fd=at)
                try:
                    yield from _walk(inner, relative + "/", patterns, names, depth + 1)
                finally:
                    os.close(inner)
            elif stat.S_ISREG(mode) and patterns.match(relative):
                yield at, name, relative


def _some_names(at: int, names: Iterator[int]) -> Iterator[str]:
    """The names in a folder, as long as there is one of ``names`` left for each."""
    with os.scandir(at) as entries:
        for entry, _ in zip(entries, names):
            yield entry.name


def _is_text(name: str) -> bool:
    return name.isprintable() and not any("\ud800" <= character <= "\udfff" for character in name)


def _opened(at: int, name: str, room: int) -> tuple[int, Part]:
    """Size and content; no content where it is larger than ``room``. Raises OSError."""
    file = FileIO(name, opener=lambda path, _: os.open(path, _FILE, dir_fd=at))
    size = os.fstat(file.fileno()).st_size
    if size > room:
        file.close()
        return size, b""
    return size, FileContent(file, size)

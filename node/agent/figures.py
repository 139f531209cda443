"""Files of figures, as the kernel writes them for control groups and processes. What cannot be read is empty, or 0."""

from __future__ import annotations

import os
from contextlib import suppress

_MOST_BYTES = 4096
"""Of a file of figures."""


class KeptFiles:
    """The files of a cgroup. Those ``names`` that are read again and again stay open, since to find one costs more than
    to read it; their descriptors are among those of the agent's start."""

    def __init__(self, root: str, names: tuple[str, ...]) -> None:
        self._root = root
        self._descriptors: dict[str, int] = {}
        for name in names:
            with suppress(OSError):
                self._descriptors[name] = os.open(f"{root}/{name}", os.O_RDONLY | os.O_CLOEXEC)

    def text(self, name: str) -> str:
        descriptor = self._descriptors.get(name)
        if descriptor is None:
            return text(f"{self._root}/{name}")
        try:
            return os.pread(descriptor, _MOST_BYTES, 0).decode("ascii", "replace")
        except OSError:
            return ""

    def number(self, name: str) -> int:
        return _as_number(self.text(name))

    def keyed(self, name: str, key: str) -> int:
        return _of_key(self.text(name), key)


def text(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(_MOST_BYTES).decode("ascii", "replace")
    except OSError:
        return ""


def number(path: str) -> int:
    return _as_number(text(path))


def _as_number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdigit() else 0


def _of_key(text: str, key: str) -> int:
    """The number that follows ``key`` in a text with a key and a number on each line."""
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == key and value.strip().isdigit():
            return int(value)
    return 0

"""The store of compiled artefacts in memory, the least recently used thrown out first."""

from __future__ import annotations

from collections import OrderedDict


class MemoryArtefactStore:
    """Implements ``ArtefactStore``, with at most ``max_bytes`` of content; what is larger on its own is not kept."""

    def __init__(self, max_bytes: int = 128 << 20) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, dict[str, bytes]] = OrderedDict()
        self._bytes = 0

    @property
    def held_bytes(self) -> int:
        return self._bytes

    def get(self, key: str) -> dict[str, bytes] | None:
        artefacts = self._kept.get(key)
        if artefacts is not None:
            self._kept.move_to_end(key)
        return artefacts

    def put(self, key: str, artefacts: dict[str, bytes]) -> None:
        self._drop(key)
        size = _size(artefacts)
        if size > self._max_bytes:
            return
        while self._bytes + size > self._max_bytes:
            self._drop(next(iter(self._kept)))
        self._kept[key] = dict(artefacts)
        self._bytes += size

    def _drop(self, key: str) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= _size(gone)


def _size(artefacts: dict[str, bytes]) -> int:
    return sum(len(name) + len(content) for name, content in artefacts.items())

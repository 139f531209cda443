"""The book of layers: which are kept, for which orders, who uses them, and which go when there is no room."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from node.domain.layers import KeptLayer, Layer

_MAX_ORDERS = 10_000
"""That lead to a layer."""
_MAX_ORDERS_OF_ONE = 64
"""That lead to the same layer."""
_AGAIN_AFTER_S = 300.0


class LayerBook:
    """Knows all layers of this node. Waits for nothing."""

    def __init__(self, max_bytes: int) -> None:
        """``max_bytes``: of all layers together that nobody uses."""
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, KeptLayer] = OrderedDict()
        """By the orders' keys, the least recently used first."""
        self._holders: Counter[str] = Counter()
        self._used_again: set[str] = set()
        """Names of layers that somebody came back to."""
        self._may_be_over = False
        """Whether there may be something to let go: it is looked for only then."""
        self._dropped: list[str] = []
        """Keys of orders that are forgotten, and to be removed."""
        self._replaced: set[str] = set()
        """Names of layers that no order leads to any more: theirs has a newer one."""

    @property
    def size(self) -> int:
        """The bytes of all layers."""
        return sum({one.layer.name: one.layer.size for one in self._kept.values()}.values())

    @property
    def layers(self) -> int:
        """The number of layers."""
        return len({one.layer.name for one in self._kept.values()})

    def fill(self, kept: Mapping[str, KeptLayer]) -> None:
        """Takes over what an earlier life of this node has kept."""
        self._may_be_over = True
        for key, one in sorted(kept.items(), key=lambda item: item[1].made_at_s):
            self._kept.setdefault(key, one)
            self._used_again.add(one.layer.name)

    def __contains__(self, key: str) -> bool:
        """Whether something is kept for such an order."""
        return key in self._kept

    def find(self, key: str, client: str, now_s: float) -> KeptLayer | None:
        """What was installed for such an order, which counts as used now by the client; and as used again, but for a
        second use by the same client soon after the first, which any stream of new sets could have."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            if client != found.client or now_s - found.made_at_s >= _AGAIN_AFTER_S:
                self._used_again.add(found.layer.name)
        return found

    def keep(self, key: str, layer: Layer, now_s: float, client: str) -> None:
        """Notes what was installed for the client."""
        self._may_be_over = True
        before = self._kept.pop(key, None)
        same = [(other, one.layer) for other, one in self._kept.items() if one.layer.name == layer.name]
        known = [one for _, one in same] if before is None else [before.layer, *(one for _, one in same)]
        shared = next((one for one in known if one == layer), layer)  # its list may be as long as a program
        self._kept[key] = KeptLayer(shared, now_s, client)
        if before is not None:
            self._replaced.add(before.layer.name)
        for other, _ in same[: 1 - _MAX_ORDERS_OF_ONE]:
            del self._kept[other]
            self._dropped.append(other)
        if self._replaced:
            self._replaced -= {one.layer.name for one in self._kept.values()}

    def leave_until(self, key: str, not_before_s: float) -> None:
        """Notes that what was installed for such an order serves on until then, however old it is."""
        self._kept[key] = replace(self._kept[key], not_before_s=not_before_s)

    @contextmanager
    def held(self, layer: Layer) -> Iterator[None]:
        """While somebody uses it, it stays."""
        self._holders[layer.name] += 1
        try:
            yield
        finally:
            self._holders[layer.name] -= 1
            if not self._holders[layer.name]:
                del self._holders[layer.name]

    def let_go(self) -> tuple[list[str], list[str]]:
        """Forgets what there is no room for: names of layers and keys of orders that are to be removed. Nothing that is
        in use goes; what was never used again goes first, so that a stream of new sets pushes out nothing that somebody
        comes back to; then the least recently used."""
        if not self._may_be_over:
            return [], []
        last_used = OrderedDict[str, int]()
        for one in self._kept.values():
            last_used[one.layer.name] = one.layer.size
            last_used.move_to_end(one.layer.name)
        size, gone = sum(last_used.values()), set[str]()
        for name, bytes_of_it in sorted(last_used.items(), key=lambda item: item[0] in self._used_again):
            if size <= self._max_bytes:
                break
            if name not in self._holders:
                gone.add(name)
                size -= bytes_of_it
        keys = [key for key, one in self._kept.items() if one.layer.name in gone]
        keys += self._orders_beyond(len(self._kept) - len(keys) - _MAX_ORDERS, gone)
        for key in keys:
            del self._kept[key]
        keys += [key for key in self._dropped if key not in self._kept]
        self._dropped.clear()
        replaced = {name for name in self._replaced if name not in self._holders}
        self._replaced -= replaced
        self._used_again -= gone | replaced
        self._may_be_over = size > self._max_bytes or bool(self._replaced) or len(self._kept) > _MAX_ORDERS
        return self._without_orders(gone | replaced), keys

    def _orders_beyond(self, count: int, gone: set[str]) -> list[str]:
        """Keys of the least recently used orders, where there are too many. A layer whose last one goes, goes too."""
        if count <= 0:
            return []
        stay = gone | self._holders.keys()
        beyond = [key for key, one in self._kept.items() if one.layer.name not in stay][:count]
        named = frozenset(beyond)
        left = {one.layer.name for key, one in self._kept.items() if key not in named}
        gone |= {self._kept[key].layer.name for key in beyond} - left
        return beyond

    def _without_orders(self, gone: set[str]) -> list[str]:
        return sorted(gone - {one.layer.name for one in self._kept.values()})

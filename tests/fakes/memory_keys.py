"""The gateway's port on API keys, in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from broker_gateway.application.key_ports import KeyCursor, KeysUnavailableError
from broker_gateway.domain.api_key import ApiKey


class MemoryKeyStore:
    """Implements ``KeyStore``. ``finds``: the ids that each ``find`` asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, ApiKey] = {}
        self.is_away = False
        self.finds: list[list[str]] = []

    async def add(self, key: ApiKey) -> None:
        self._answer()
        self.kept[key.id] = key

    async def find(self, ids: Collection[str]) -> Sequence[ApiKey]:
        self.finds.append(list(ids))
        self._answer()
        return [self.kept[key_id] for key_id in ids if key_id in self.kept]

    async def page(self, client: str, after: KeyCursor | None, size: int) -> Sequence[ApiKey]:
        self._answer()
        found = sorted(self.kept.values(), key=_place, reverse=True)
        if after is not None:
            found = [key for key in found if _place(key) < (after.created_at_ms, after.id)]
        return [key for key in found if client in ("", key.client)][:size]

    async def revoke(self, key_id: str, now_ms: int) -> ApiKey | None:
        self._answer()
        key = self.kept.get(key_id)
        if key is not None and key.revoked_at_ms is None:
            key = self.kept[key_id] = replace(key, revoked_at_ms=now_ms)
        return key

    async def note_use(self, ids: Collection[str], now_ms: int) -> None:
        self._answer()
        for key_id in ids:
            key = self.kept.get(key_id)
            if key is not None and (key.last_used_at_ms or 0) < now_ms:
                self.kept[key_id] = replace(key, last_used_at_ms=now_ms)

    def _answer(self) -> None:
        if self.is_away:
            raise KeysUnavailableError("it is away")


def _place(key: ApiKey) -> tuple[int, str]:
    return key.created_at_ms, key.id

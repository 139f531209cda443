"""The API keys in the database of past tasks (docs/adr/0024-who-calls.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from broker_gateway.application.history_ports import HistoryUnavailableError
from broker_gateway.application.key_ports import KeyCursor, KeysUnavailableError
from broker_gateway.domain.api_key import ApiKey
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.quota import TaskRate
from broker_gateway.infrastructure.history.engine import DatabaseLimits, database_url, open_engine
from broker_gateway.infrastructure.history.failures import answering
from broker_gateway.infrastructure.history.schema import api_keys

LIMITS = DatabaseLimits(connect_s=2.0, statement_s=2.0, connections=2)
"""Connections of its own, and little patience: a caller waits, and lists of past tasks must not be in his way."""
_columns = api_keys.c


class SqlKeyStore:
    """Implements ``KeyStore``. Connects when it is first asked; a database that was away is found again by the next
    call."""

    def __init__(self, url: str, limits: DatabaseLimits = LIMITS) -> None:
        """``url`` as SQLAlchemy writes it, the driver may be left out. Raises ValueError, without the password."""
        self._limits = limits
        self._engine = open_engine(database_url(url), limits)

    async def close(self) -> None:
        """Closes the connections."""
        await self._engine.dispose()

    async def add(self, key: ApiKey) -> None:
        async with self._connected() as connection:
            await connection.execute(insert(api_keys), _row(key))

    async def find(self, ids: Collection[str]) -> Sequence[ApiKey]:
        async with self._connected() as connection:
            return await _found(connection, select(api_keys).where(_columns.key_id.in_(ids)))

    async def page(self, client: str, after: KeyCursor | None, size: int) -> Sequence[ApiKey]:
        query = select(api_keys).order_by(_columns.created_at_ms.desc(), _columns.key_id.desc()).limit(size)
        if client:
            query = query.where(_columns.client == client)
        if after is not None:
            query = query.where(_comes_after(after))
        async with self._connected() as connection:
            return await _found(connection, query)

    async def revoke(self, key_id: str, now_ms: int) -> ApiKey | None:
        its = _columns.key_id == key_id
        async with self._connected() as connection:
            await connection.execute(
                update(api_keys).where(its, _columns.revoked_at_ms.is_(None)).values(revoked_at_ms=now_ms)
            )
            found = await _found(connection, select(api_keys).where(its))
        return found[0] if found else None

    async def note_use(self, ids: Collection[str], now_ms: int) -> None:
        is_news = or_(_columns.last_used_at_ms.is_(None), _columns.last_used_at_ms < now_ms)
        change = update(api_keys).where(_columns.key_id == bindparam("used_id"), is_news)
        async with self._connected() as connection:
            if ids:  # one after the other, and always in the same order: gateways do this at the same time
                rows = [{"used_id": key_id} for key_id in sorted(ids)]
                await connection.execute(change.values(last_used_at_ms=now_ms), rows)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """A transaction. Raises KeysUnavailableError."""
        try:
            async with answering(self._limits.call_s), self._engine.begin() as connection:
                yield connection
        except HistoryUnavailableError as error:
            raise KeysUnavailableError(str(error)) from error


async def _found(connection: AsyncConnection, query: Select[Any]) -> list[ApiKey]:
    return [_key(row) for row in (await connection.execute(query)).mappings()]


def _comes_after(cursor: KeyCursor) -> ColumnElement[bool]:
    is_older = _columns.created_at_ms < cursor.created_at_ms
    return or_(is_older, and_(_columns.created_at_ms == cursor.created_at_ms, _columns.key_id < cursor.id))


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.id,
        "digest": key.digest,
        "client": key.client,
        "roles": ",".join(sorted(key.roles)),
        "quota_rate_per_s": key.rate.rate_per_s if key.rate is not None else 0.0,
        "quota_burst": key.rate.burst if key.rate is not None else 0,
        "created_at_ms": key.created_at_ms,
        "expires_at_ms": key.expires_at_ms,
        "revoked_at_ms": key.revoked_at_ms,
        "last_used_at_ms": key.last_used_at_ms,
        "origins": " ".join(key.origins) or None,
        "reader_rate_per_s": key.reader_rate.rate_per_s if key.reader_rate is not None else None,
        "reader_burst": key.reader_rate.burst if key.reader_rate is not None else None,
    }


def _key(row: Mapping[Any, Any]) -> ApiKey:
    """A role that a newer version gave, and this one does not know, is none."""
    rate = TaskRate(row["key_id"], row["quota_rate_per_s"], row["quota_burst"])
    reader_rate = TaskRate(row["key_id"], row["reader_rate_per_s"] or 0.0, row["reader_burst"] or 0)
    return ApiKey(
        id=row["key_id"],
        digest=bytes(row["digest"]),
        client=row["client"],
        roles=frozenset(role for role in ClientRole if role in row["roles"].split(",")),
        rate=rate if rate.rate_per_s else None,
        created_at_ms=row["created_at_ms"],
        expires_at_ms=row["expires_at_ms"],
        revoked_at_ms=row["revoked_at_ms"],
        last_used_at_ms=row["last_used_at_ms"],
        origins=tuple((row["origins"] or "").split()),
        reader_rate=reader_rate if reader_rate.rate_per_s else None,
    )

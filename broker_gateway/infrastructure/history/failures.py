"""The database's failures, in words: what a driver raises becomes HistoryUnavailableError."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomysql
import aiosqlite
import asyncpg
from sqlalchemy import exc

from broker_gateway.application.history_ports import HistoryUnavailableError

_WORDS = 200
_OURS = (exc.DataError, exc.IntegrityError, asyncpg.DataError, ValueError)
"""A value that its column does not take: that is a bug of ours, and waiting does not mend it."""
_THEIRS = (
    *(exc.DBAPIError, exc.TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError),
    *(aiomysql.MySQLError, aiosqlite.Error),
)


@asynccontextmanager
async def answering(within_s: float) -> AsyncIterator[None]:
    """Around what asks the database. Raises HistoryUnavailableError where it does not answer, or not in time; what is
    chained to it holds no value of a statement and no password."""
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError:
        raise HistoryUnavailableError(f"the database did not answer within {within_s:g} s") from None
    except _THEIRS as error:
        if _is_ours(error):
            raise
        raise HistoryUnavailableError(words_of(error)) from None


def words_of(error: BaseException) -> str:
    """The first line of what the driver says, without the statement and its values."""
    inner = _original(error)
    message = next((str(part) for part in reversed(inner.args) if isinstance(part, str) and part), str(inner))
    first = message.strip().partition("\n")[0]
    return f"{type(inner).__name__}: {first}"[:_WORDS]


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, _OURS) or isinstance(_original(error), _OURS)


def _original(error: BaseException) -> BaseException:
    """What the driver raised."""
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error

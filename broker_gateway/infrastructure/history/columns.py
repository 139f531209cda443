"""The types of the history's columns, with the same meaning in every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

MYSQL = ("mysql", "mariadb")
_MAX_UTF8_BYTES = 4


class Exact(TypeDecorator[str]):
    """Text that is compared and ordered by its code points, of at most ``chars`` characters; without ``chars`` of any
    length, and in no index. MySQL's collations know upper from lower case only at the price of taking ``a`` for
    ``a `` with a space: there the column holds the bytes."""

    impl = Text
    cache_ok = True

    def __init__(self, chars: int | None = None) -> None:
        super().__init__()
        self.chars = chars

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in MYSQL:
            return mysql.LONGBLOB() if self.chars is None else mysql.VARBINARY(self.chars * _MAX_UTF8_BYTES)
        collation = "C" if dialect.name == "postgresql" else None
        return Text(collation=collation) if self.chars is None else String(self.chars, collation)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return value.encode() if value is not None and dialect.name in MYSQL else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return bytes(value).decode() if value is not None and dialect.name in MYSQL else value


Document = LargeBinary().with_variant(mysql.LONGBLOB(), *MYSQL)
"""Bytes of any length: MySQL's plain BLOB ends at 64 KiB."""

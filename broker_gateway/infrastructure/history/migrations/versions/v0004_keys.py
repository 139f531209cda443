"""The fourth version: API keys."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary
from sqlalchemy.dialects import mysql

from broker_gateway.infrastructure.history.columns import MYSQL, Exact

revision = "0004"
down_revision = "0003"

_TABLE = "api_keys"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        Column("key_id", Exact(32), primary_key=True),
        Column("digest", LargeBinary(32).with_variant(mysql.BINARY(32), *MYSQL), nullable=False),
        Column("client", Exact(255), nullable=False),
        Column("roles", Exact(255), nullable=False, comment="separated by commas"),
        Column("quota_rate_per_s", Double, nullable=False, comment="0: its client's"),
        Column("quota_burst", Integer, nullable=False),
        Column("created_at_ms", BigInteger, nullable=False),
        Column("expires_at_ms", BigInteger, nullable=True, comment="null: never"),
        Column("revoked_at_ms", BigInteger, nullable=True, comment="null until it is revoked"),
        Column("last_used_at_ms", BigInteger, nullable=True, comment="null until it is used"),
        if_not_exists=True,
    )
    op.create_index("ix_api_keys_created", _TABLE, ["created_at_ms", "key_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table(_TABLE, if_exists=True)

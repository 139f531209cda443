"""The fifth version: publishable keys, which pages of their origins show."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, Integer, inspect

from broker_gateway.infrastructure.history.columns import Exact

revision = "0005"
down_revision = "0004"

_TABLE = "api_keys"


def upgrade() -> None:
    there = _columns()
    for column in (
        Column("origins", Exact(), nullable=True, comment="separated by spaces; null: it is no publishable key"),
        Column("reader_rate_per_s", Double, nullable=True, comment="null: that of every reader"),
        Column("reader_burst", Integer, nullable=True),
    ):
        if column.name not in there:  # MariaDB keeps those that were added before a migration was cut off
            op.add_column(_TABLE, column)


def downgrade() -> None:
    """Publishable keys go: a version that does not know them could not hold them to their origins."""
    there = _columns()
    if "origins" in there:
        op.execute(f"DELETE FROM {_TABLE} WHERE origins IS NOT NULL")  # noqa: S608  # the name is ours
    for name in ("reader_burst", "reader_rate_per_s", "origins"):
        if name in there:
            op.drop_column(_TABLE, name)


def _columns() -> set[str]:
    return {str(column["name"]) for column in inspect(op.get_bind()).get_columns(_TABLE)}

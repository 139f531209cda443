"""The third version: what was submitted, where that is kept."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column

from broker_gateway.infrastructure.history import partitions
from broker_gateway.infrastructure.history.columns import Document, Exact

revision = "0003"
down_revision = "0002"

_TABLE = "task_sources"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        Column("task_id", Exact(64), primary_key=True),
        Column("source", Document, nullable=False, comment="JSON"),
        if_not_exists=True,
        postgresql_partition_by="RANGE (task_id)",
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        partitions.divide(connection, _TABLE)
        for month in partitions.months(connection):
            partitions.attach(connection, _TABLE, month)


def downgrade() -> None:
    op.drop_table(_TABLE, if_exists=True)

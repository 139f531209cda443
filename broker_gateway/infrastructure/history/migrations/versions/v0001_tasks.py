"""The first version: tasks, their outputs, their labels."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary
from sqlalchemy.dialects import mysql

from broker_gateway.infrastructure.history.columns import MYSQL, Document, Exact

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        Column("task_id", Exact(64), primary_key=True),
        Column("state_rank", BigInteger, nullable=False),
        Column("status", Exact(32), nullable=False),
        Column("language", Exact(255), nullable=False),
        Column("language_version", Exact(255), nullable=False),
        Column("node_id", Exact(255), nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("queued_ms", Double, nullable=False),
        Column("submitted_at_ms", BigInteger, nullable=False),
        Column("finished_at_ms", BigInteger, nullable=True, comment="null until the task has ended"),
        Column("error", Exact(), nullable=False),
        Column("error_folded", Exact(), nullable=False, comment="without upper and lower case, to be searched"),
        Column("labels", Exact(), nullable=False, comment="a JSON object"),
        Column(
            "is_submitted", Integer, nullable=False, comment="1 once the QUEUED event told of client, pool and place"
        ),
        Column("client", Exact(255), nullable=False),
        Column("pool", Exact(255), nullable=False),
        Column("priority", Exact(32), nullable=False),
        Column("era", BigInteger, nullable=False),
        Column("position", BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "task_outputs",
        Column("task_id", Exact(64), primary_key=True),
        Column("state_rank", BigInteger, nullable=False),
        Column("execution", Document, nullable=False, comment="JSON"),
        if_not_exists=True,
    )
    op.create_table(
        "task_labels",
        Column("task_id", Exact(64), primary_key=True),
        Column("label", LargeBinary(16).with_variant(mysql.BINARY(16), *MYSQL), primary_key=True),
        if_not_exists=True,
    )
    for name, table, columns in _INDEXES:
        op.create_index(name, table, list(columns), if_not_exists=True)


def downgrade() -> None:
    for table in ("task_labels", "task_outputs", "tasks"):
        op.drop_table(table, if_exists=True)


_INDEXES = (
    ("ix_tasks_place", "tasks", ("era", "position", "task_id")),
    ("ix_tasks_client_place", "tasks", ("client", "era", "position", "task_id")),
    ("ix_tasks_submitted", "tasks", ("submitted_at_ms",)),
    ("ix_tasks_finished", "tasks", ("finished_at_ms",)),
    ("ix_task_labels_label", "task_labels", ("label", "task_id")),
)

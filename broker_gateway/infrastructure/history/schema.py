"""The tables of the history, and that of API keys. What is changed here needs a version in
``migrations/versions``; a test compares."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table
from sqlalchemy.dialects import mysql

from broker_gateway.infrastructure.history.columns import MYSQL, Document, Exact

ID_CHARS = 64
NAME_CHARS = 255
WORD_CHARS = 32
ERROR_CHARS = 4_000
KEY_DIGEST_BYTES = 32
DIGEST_BYTES = 16
VERSION_TABLE = "history_version"
REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""The versions of the schema, the newest last."""

METADATA = MetaData()
_BY_MONTH = "RANGE (task_id)"
"""An id begins with the time of submission (``broker_gateway.infrastructure.history.partitions``)."""

tasks = Table(
    "tasks",
    METADATA,
    Column("task_id", Exact(ID_CHARS), primary_key=True),
    Column("state_rank", BigInteger, nullable=False),
    Column("status", Exact(WORD_CHARS), nullable=False),
    Column("language", Exact(NAME_CHARS), nullable=False),
    Column("language_version", Exact(NAME_CHARS), nullable=False),
    Column("node_id", Exact(NAME_CHARS), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("queued_ms", Double, nullable=False),
    Column("submitted_at_ms", BigInteger, nullable=False),
    Column("finished_at_ms", BigInteger, nullable=True, comment="null until the task has ended"),
    Column("error", Exact(), nullable=False),
    Column("error_folded", Exact(), nullable=False, comment="without upper and lower case, to be searched"),
    Column("labels", Exact(), nullable=False, comment="a JSON object"),
    Column("is_submitted", Integer, nullable=False, comment="1 once the QUEUED event told of client, pool and place"),
    Column("client", Exact(NAME_CHARS), nullable=False),
    Column("pool", Exact(NAME_CHARS), nullable=False),
    Column("priority", Exact(WORD_CHARS), nullable=False),
    Column("era", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("ix_tasks_place", "era", "position", "task_id"),
    Index("ix_tasks_client_place", "client", "era", "position", "task_id"),
    Index("ix_tasks_submitted", "submitted_at_ms"),
    Index("ix_tasks_finished", "finished_at_ms"),
    postgresql_partition_by=_BY_MONTH,
)
"""One row per task: all that a list shows or filters."""

task_outputs = Table(
    "task_outputs",
    METADATA,
    Column("task_id", Exact(ID_CHARS), primary_key=True),
    Column("state_rank", BigInteger, nullable=False),
    Column("execution", Document, nullable=False, comment="JSON"),
    postgresql_partition_by=_BY_MONTH,
)
"""The whole execution where the row in ``tasks`` does not say all of it; it counts where the ranks are equal."""

task_labels = Table(
    "task_labels",
    METADATA,
    Column("task_id", Exact(ID_CHARS), primary_key=True),
    Column("label", LargeBinary(DIGEST_BYTES).with_variant(mysql.BINARY(DIGEST_BYTES), *MYSQL), primary_key=True),
    Index("ix_task_labels_label", "label", "task_id"),
    postgresql_partition_by=_BY_MONTH,
)
"""The labels that any message gave a task: a digest of name and value, to be found by."""

task_sources = Table(
    "task_sources",
    METADATA,
    Column("task_id", Exact(ID_CHARS), primary_key=True),
    Column("source", Document, nullable=False, comment="JSON"),
    postgresql_partition_by=_BY_MONTH,
)
"""What was submitted, where that is kept (``history = "full"``)."""

BY_MONTH = (tasks, task_outputs, task_labels, task_sources)
"""The tables that PostgreSQL divides by month."""

api_keys = Table(
    "api_keys",
    METADATA,
    Column("key_id", Exact(WORD_CHARS), primary_key=True),
    Column(
        "digest", LargeBinary(KEY_DIGEST_BYTES).with_variant(mysql.BINARY(KEY_DIGEST_BYTES), *MYSQL), nullable=False
    ),
    Column("client", Exact(NAME_CHARS), nullable=False),
    Column("roles", Exact(NAME_CHARS), nullable=False, comment="separated by commas"),
    Column("quota_rate_per_s", Double, nullable=False, comment="0: its client's"),
    Column("quota_burst", Integer, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=True, comment="null: never"),
    Column("revoked_at_ms", BigInteger, nullable=True, comment="null until it is revoked"),
    Column("last_used_at_ms", BigInteger, nullable=True, comment="null until it is used"),
    Column("origins", Exact(), nullable=True, comment="separated by spaces; null: it is no publishable key"),
    Column("reader_rate_per_s", Double, nullable=True, comment="null: that of every reader"),
    Column("reader_burst", Integer, nullable=True),
    Index("ix_api_keys_created", "created_at_ms", "key_id"),
)
"""One row per API key (docs/adr/0024-who-calls.md): a hash of its secret, never the secret."""

"""What Alembic runs for each command; the connection comes from ``broker_gateway.infrastructure.history.migration``."""

from __future__ import annotations

from alembic import context

from broker_gateway.infrastructure.history.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()

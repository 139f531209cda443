"""The history's migrations, run by Alembic: see ``broker_gateway.infrastructure.history.migration``."""

"""The history in SQL: past tasks in SQLite, PostgreSQL, or MySQL and MariaDB (docs/adr/0021-history-in-sql.md)."""

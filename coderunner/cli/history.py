"""``coderunner history export``."""

from __future__ import annotations

import json
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

import click

from coderunner.cli.output import as_json, in_base64, print_notice
from coderunner.cli.session import Address, against
from coderunner.cli.task_filters import TaskChoice, choosing_tasks

if TYPE_CHECKING:
    from coderunner.client import Client

_ROWS_AT_ONCE = 1000
"""Of a Parquet file's groups: what is held in memory."""


@click.group(short_help="Past tasks, as files.")
def history() -> None:
    """Past tasks, as files."""


@history.command(short_help="Write tasks as JSON Lines or Parquet, newest first.")
@choosing_tasks
@click.option("--output", type=click.File("wb", lazy=True), default="-", metavar="FILE", help="Where to; - is stdout.")
@click.option("--parquet", is_flag=True, help="Write Parquet; needs the package pyarrow.")
@click.option("--whole", is_flag=True, help="With what each task printed: one call per task.")
@click.option("--source", "sources", is_flag=True, help="With what was submitted, where it is kept: one call per task.")
@click.option("--limit", type=click.IntRange(min=1), default=None, metavar="N", help="At most so many.")
@click.pass_obj
def export(
    address: Address,
    *,
    chosen: TaskChoice,
    output: IO[bytes],
    parquet: bool,
    whole: bool,
    sources: bool,
    limit: int | None,
) -> None:
    """Write tasks as JSON Lines or Parquet, newest first: one Execution each, with the fields of the API. Parquet keeps
    what is nested (stages, cases, labels, the source) as JSON."""
    writer = _Parquet(output) if parquet else _JsonLines(output)

    async def copy(gateway: Client) -> int:
        count = 0
        async for execution in chosen.listed_by(gateway, limit):
            row = as_json(await gateway.get(execution.id) if whole else execution)
            if sources:
                kept = await gateway.source(execution.id)
                row["source"] = None if kept is None else as_json(kept)
            writer.add(row)
            count += 1
        return count

    count = against(address, copy)
    writer.close()
    print_notice(f"{count} tasks")


class _JsonLines:
    """A file with one JSON object on each line."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, row: dict[str, Any]) -> None:
        self._file.write(json.dumps(row, ensure_ascii=True, default=in_base64).encode() + b"\n")

    def close(self) -> None:
        self._file.flush()


class _Parquet:
    """A Parquet file: texts and numbers as columns, all else as JSON in columns of text."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._arrow: Any = import_module("pyarrow")
            self._parquet: Any = import_module("pyarrow.parquet")
        except ImportError:
            raise click.UsageError("--parquet needs the package pyarrow: pip install pyarrow") from None
        self._file = file
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append({name: _flat(value) for name, value in row.items()})
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._write()

    def close(self) -> None:
        self._write()
        if self._writer is not None:
            self._writer.close()

    def _write(self) -> None:
        if self._rows:
            schema = self._writer.schema if self._writer is not None else _schema(self._arrow, self._rows[0])
            table = self._arrow.Table.from_pylist(self._rows, schema=schema)
            if self._writer is None:
                self._writer = self._parquet.ParquetWriter(self._file, schema)
            self._writer.write_table(table)
            self._rows = []


def _flat(value: Any) -> Any:
    plain = value is None or isinstance(value, str | int | float)
    return value if plain else json.dumps(value, ensure_ascii=True, default=in_base64)


def _schema(arrow: Any, row: dict[str, Any]) -> Any:
    """Column types by name: the first row may lack what others have."""
    numbers = {"attempt": arrow.int64(), "queued_ms": arrow.float64()}
    times = {name: arrow.int64() for name in row if name.endswith("_at_ms")}
    return arrow.schema([(name, {**numbers, **times}.get(name, arrow.string())) for name in row])

"""``coderunner callbacks list``, ``callbacks show`` and ``callbacks redrive``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coderunner.cli.dead import redrive
from coderunner.cli.output import as_json, print_json, print_notice
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, against, as_operator
from coderunner.cli.tables import local_time, one_line, table
from coderunner.model import CallbackAttempt, CallbackRecord

if TYPE_CHECKING:
    from coderunner.operations import Operator

_STATES = ("RETRYING", "DELIVERED", "GIVEN_UP")


@click.group(short_help="Callbacks that were not taken at once: list, show, redrive.")
def callbacks() -> None:
    """Callbacks that their endpoints did not take at the first call, and what was tried. Only an operator may list and
    redrive; everybody may look at the callbacks of their own tasks."""


callbacks.add_command(redrive)


@callbacks.command("list", short_help="Callbacks, the newest word first.")
@click.option("--state", type=click.Choice(_STATES, case_sensitive=False), metavar="S", help=f"{', '.join(_STATES)}.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="At most so many."
)
@click.option("--json", "as_objects", is_flag=True, help="Print a JSON array of CallbackRecords.")
@click.pass_obj
def list_(address: Address, state: str | None, limit: int, as_objects: bool) -> None:
    """Callbacks that were not taken at the first call, the newest word first."""

    async def collect(client: Operator) -> list[CallbackRecord]:
        return [record async for record in client.callbacks(state or "", limit)]

    found = as_operator(address, collect)
    if as_objects:
        print_json([as_json(record) for record in found])
    elif not found:
        print_notice("no callback that was not taken at once")
    else:
        header = ("id", "state", "failed", "last", "next", "client", "last error")
        click.echo(table(header, [_row(record) for record in found], right=("failed",)))


@callbacks.command(short_help="What was tried for one task.")
@click.argument("task_id", metavar="ID")
@click.option("--json", "as_object", is_flag=True, help="Print the CallbackRecord as one JSON object, or null.")
@click.pass_obj
def show(address: Address, task_id: str, as_object: bool) -> None:
    """How the callback of a task stands, and the newest attempts."""
    record = against(address, lambda client: client.callback_attempts(task_id))
    if as_object:
        print_json(None if record is None else as_json(record))
        return
    if record is None:
        print_notice("no attempt is known")
        return
    facts = (("id", record.id), ("state", record.state), ("url", record.url), ("client", record.client or "-"))
    for name, value in (*facts, ("failed", str(record.attempts))):
        click.echo(f"{name:<10} {printable(value)}")
    header = ("attempt", "when", "ms", "answer", "next", "error")
    click.echo("\n" + table(header, [_attempt(one) for one in record.tried], right=("attempt", "ms")))


def _row(record: CallbackRecord) -> tuple[str, ...]:
    next_at_ms = record.tried[-1].next_at_ms if record.tried else 0
    times = (local_time(record.at_ms), _due(next_at_ms))
    return (record.id, record.state, str(record.attempts), *times, record.client or "-", one_line(record.error, 80))


def _attempt(attempt: CallbackAttempt) -> tuple[str, ...]:
    when, due = local_time(attempt.at_ms), _due(attempt.next_at_ms)
    error = one_line(attempt.error, 100)
    return (str(attempt.number), when, f"{attempt.latency_ms:.0f}", attempt.answer or "-", due, error)


def _due(at_ms: int) -> str:
    return local_time(at_ms) if at_ms else "-"

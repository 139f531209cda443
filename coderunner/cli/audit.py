"""``coderunner audit``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from coderunner.audit_record import AuditRecord
from coderunner.cli.output import as_json, print_json, print_notice
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, as_operator
from coderunner.cli.tables import local_time, table
from coderunner.cli.task_filters import MOMENT

if TYPE_CHECKING:
    from coderunner.operations import Operator


@click.command(short_help="Who did what: changes, looks at others' tasks, refusals.")
@click.option("--action", default="", metavar="A", help="Only calls of this method of the API, such as Cancel.")
@click.option("--client", default=None, metavar="C", help="Only this client's; '' is who was not known.")
@click.option("--since", type=MOMENT, metavar="WHEN", help="Then or later: 2026-11-28[T12:30:00].")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="At most so many."
)
@click.option("--json", "as_objects", is_flag=True, help="Print a JSON array of AuditRecords.")
@click.pass_obj
def audit(
    address: Address, *, action: str, client: str | None, since: datetime | None, limit: int, as_objects: bool
) -> None:
    """Who changed something, looked at another client's task, or was refused for who he is; newest first. Asks for an
    operator's token."""

    async def collect(operator: Operator) -> list[AuditRecord]:
        found = operator.audit(
            action=action, client=client, since_ms=int(since.timestamp() * 1000) if since else 0, limit=limit
        )
        return [record async for record in found]

    records = as_operator(address, collect)
    if as_objects:
        print_json([as_json(record) for record in records])
    elif not records:
        print_notice("nothing was audited")
    else:
        click.echo(table(("when", "client", "action", "outcome", "about", "whose"), [_row(one) for one in records]))


def _row(record: AuditRecord) -> tuple[str, ...]:
    more = f" (and {record.not_told} more)" if record.not_told else ""
    about = (record.subject or "-", record.owner if record.owner is not None else "-")
    return tuple(
        map(printable, (local_time(record.at_ms), record.client or "-", record.action, record.outcome + more, *about))
    )

"""``coderunner top``: nodes, pools, queues and failures, live."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from coderunner.cli.catalog import node_table
from coderunner.cli.output import as_json, print_json, print_line
from coderunner.cli.overview import MAX_WAITING, Overview, look
from coderunner.cli.printable import coloured, printable
from coderunner.cli.session import Address, against
from coderunner.cli.tables import local_time, one_line, table
from coderunner.errors import GatewayUnavailable

if TYPE_CHECKING:
    from coderunner.client import Client

_ALTERNATE, _BACK = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
Show = Callable[[str], None]


@click.command(short_help="Nodes, pools, queues and failures, live.")
@click.option("--once", is_flag=True, help="Print one moment and end.")
@click.option("--interval", type=click.IntRange(1, 3600), default=2, show_default=True, metavar="S")
@click.option("--json", "as_object", is_flag=True, help="Print one JSON object for each moment.")
@click.pass_obj
def top(address: Address, *, once: bool, interval: int, as_object: bool) -> None:
    """Nodes, pools, queues and failures, live, until Ctrl-C. Into a file or a pipe: one block after the other."""
    with _screen(is_live=sys.stdout.isatty() and not once and not as_object) as show:
        against(address, lambda client: _follow(client, show, once=once, interval_s=interval, as_object=as_object))


async def _follow(client: Client, show: Show, *, once: bool, interval_s: int, as_object: bool) -> None:
    """The first look has to succeed; a gateway that goes away later is waited for."""
    text = _shown(await look(client), show, as_object=as_object)
    while not once:
        await asyncio.sleep(interval_s)
        try:
            text = _shown(await look(client), show, as_object=as_object)
        except GatewayUnavailable as error:
            if not as_object:
                show(f"{coloured(str(error), fg='red')}\n\n{text}")


def _shown(moment: Overview, show: Show, *, as_object: bool) -> str:
    if as_object:
        print_json(as_json(moment))
        return ""
    text = rendered(moment)
    show(text)
    return text


@contextmanager
def _screen(*, is_live: bool) -> Iterator[Show]:
    """Shows each text in place of the one before, on a screen of its own, or below it where nobody looks."""
    if not is_live:
        yield lambda text: print_line(text + "\n")
        return
    click.echo(_ALTERNATE, nl=False)
    try:
        yield _show_in_place
    finally:
        click.echo(_BACK, nl=False)


def _show_in_place(text: str) -> None:
    lines = text.split("\n")[: shutil.get_terminal_size().lines - 1]
    click.echo(_HOME + "".join(f"{line}{_REST_OF_LINE}\n" for line in lines) + _REST_OF_SCREEN, nl=False)


def rendered(moment: Overview) -> str:
    """The moment in words and tables."""
    waiting = f"{MAX_WAITING} and more" if moment.waiting_more else str(sum(moment.waiting.values()))
    head = (
        f"{local_time(moment.at_ms)}   {len(moment.nodes)} nodes   slots {moment.running}/{moment.capacity}   "
        f"waiting {waiting}   {moment.tasks_per_s:.1f} tasks/s"
    )
    parts = [head, node_table(moment.nodes) if moment.nodes else coloured("no node is alive", fg="red")]
    if moment.pools:
        rows = [(pool.name, pool.nodes, f"{pool.running}/{pool.capacity}") for pool in moment.pools]
        parts.append(table(("pool", "nodes", "running"), rows, right=("nodes", "running")))
    if moment.waiting:
        parts.append(table(("waiting for", "tasks"), list(moment.waiting.items()), right=("tasks",)))
    if moment.failures:
        failed = [
            (local_time(one.submitted_at_ms), one.id, one.status, one.language, one_line(one.error))
            for one in moment.failures
        ]
        parts.append(table(("last failures", "id", "status", "language", "error"), failed))
    parts += [printable(f"{node.id}: {alarm}") for node in moment.nodes for alarm in node.alarms]
    return "\n\n".join(parts)

"""``coderunner tail``: states and output of tasks, as they happen."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from coderunner.cli.name_values import name_values
from coderunner.cli.output import ReaderGoneError, as_json, print_json, print_line, print_notice
from coderunner.cli.session import Address, against
from coderunner.cli.tail_lines import TailLines
from coderunner.errors import CodeRunnerError, GatewayUnavailable
from coderunner.model import Execution, Output

if TYPE_CHECKING:
    from coderunner.client import Client

_LOOK_EVERY_S = 1.0
_MAX_NEW = 200
"""Tasks that may come between two looks; the oldest of more are not followed."""
_MAX_KNOWN = 10 * _MAX_NEW
"""Tasks that are remembered, so that none is followed twice."""
_MAX_WATCHED = 50
"""Tasks that are watched at once; the others wait for that, and their output comes with their result."""

Show = Callable[[str, Execution | Output], None]


@click.command(short_help="States and output of tasks, as they happen.")
@click.argument("task_ids", metavar="[ID]...", nargs=-1)
@click.option("--language", default="", metavar="L", help="Only this language.")
@click.option("--label", multiple=True, callback=name_values, metavar="NAME=VALUE", help="Only with this label.")
@click.option("--client", "of_client", default="", metavar="NAME", help="Only this client's.")
@click.option("--no-output", is_flag=True, help="States alone.")
@click.option("--json", "as_objects", is_flag=True, help="Print one JSON object for each state and piece of output.")
@click.pass_obj
def tail(
    address: Address,
    task_ids: tuple[str, ...],
    *,
    language: str,
    label: dict[str, str],
    of_client: str,
    no_output: bool,
    as_objects: bool,
) -> None:
    """States and output of these tasks until they have ended; without an ID, of those that come from now on, until
    Ctrl-C."""
    if task_ids and (language or label or of_client):
        raise click.UsageError("either IDs or filters, not both")
    show = _json(with_output=not no_output) if as_objects else _text(with_output=not no_output)

    async def follow(client: Client) -> None:
        def newest() -> AsyncIterator[Execution]:
            return client.list(language=language, labels=label, client=of_client, limit=_MAX_NEW)

        await _follow_all(client, _given(task_ids) if task_ids else _coming(newest), show)

    against(address, follow)


def _text(*, with_output: bool) -> Show:
    lines = TailLines(with_output=with_output)

    def show(task_id: str, event: Execution | Output) -> None:
        for line in lines.of(task_id, event):
            print_line(line)

    return show


def _json(*, with_output: bool) -> Show:
    def show(task_id: str, event: Execution | Output) -> None:
        if isinstance(event, Execution):
            print_json({"id": task_id, "execution": as_json(event)})
        elif with_output:
            print_json({"id": task_id, "output": as_json(event)})

    return show


async def _given(task_ids: tuple[str, ...]) -> AsyncIterator[str]:
    for task_id in dict.fromkeys(task_ids):
        yield task_id


async def _coming(newest: Callable[[], AsyncIterator[Execution]]) -> AsyncIterator[str]:
    """The ids of tasks that were not there at the first look, the first submitted first. A gateway that goes away later
    is waited for."""
    known: OrderedDict[str, None] = OrderedDict.fromkeys([one.id async for one in newest()])
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            found = [one.id async for one in newest()]
        except GatewayUnavailable as error:
            print_notice(str(error))
            continue
        fresh = [task_id for task_id in reversed(found) if task_id not in known]
        if len(fresh) == _MAX_NEW:
            print_notice(
                f"{_MAX_NEW} tasks or more came within {_LOOK_EVERY_S:g} s; the newest {_MAX_NEW} are followed"
            )
        for task_id in fresh:
            known[task_id] = None
            yield task_id
        while len(known) > _MAX_KNOWN:
            known.popitem(last=False)


async def _follow_all(client: Client, task_ids: AsyncIterator[str], show: Show) -> None:
    """Follows each of them until it has ended. Raises the first CodeRunnerError, once the others have ended;
    ReaderGoneError at once."""
    room, errors = asyncio.Semaphore(_MAX_WATCHED), list[CodeRunnerError]()

    async def watch(task_id: str) -> None:
        try:
            async with room, aclosing(client.watch(task_id)) as events:
                async for event in events:
                    show(task_id, event)
        except CodeRunnerError as error:
            print_notice(str(error))
            if not errors:  # of a day's, the first is enough to end with
                errors.append(error)

    try:
        async with asyncio.TaskGroup() as group:
            try:
                async for task_id in task_ids:
                    group.create_task(watch(task_id))
            except CodeRunnerError as error:
                errors.append(error)
    except BaseExceptionGroup as failures:
        if failures.subgroup(ReaderGoneError) is not None:
            raise ReaderGoneError from None
        raise
    if errors:
        raise errors[0]

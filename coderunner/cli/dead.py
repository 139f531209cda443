"""``coderunner dead list``, ``dead show`` and ``dead redrive``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from coderunner.cli import exit_codes
from coderunner.cli.output import as_json, print_json, print_notice
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, as_operator
from coderunner.cli.tables import local_time, one_line, table
from coderunner.errors import CodeRunnerError, GatewayUnavailable, Unauthenticated
from coderunner.model import DeadLetter

if TYPE_CHECKING:
    from coderunner.operations import Operator

Outcomes = dict[str, CodeRunnerError | None]
"""By task id: why it was not redriven, or None."""


@click.group(short_help="What could not be run or delivered: list, show, redrive.")
def dead() -> None:
    """What could not be run (poison) or delivered (undelivered). Asks for an operator's token."""


@dead.command("list", short_help="Dead letters, newest first.")
@click.option("--reason", default="", metavar="R", help="Only these: poison, undelivered, malformed, forged.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="At most so many."
)
@click.option("--json", "as_objects", is_flag=True, help="Print a JSON array of DeadLetters, without their messages.")
@click.pass_obj
def list_(address: Address, reason: str, limit: int, as_objects: bool) -> None:
    """Dead letters, newest first."""

    async def collect(client: Operator) -> list[DeadLetter]:
        return [letter async for letter in client.dead(reason, limit)]

    found = as_operator(address, collect)
    if as_objects:
        print_json([as_json(letter) for letter in found])
    elif not found:
        print_notice("no dead letter")
    else:
        header = ("id", "reason", "attempts", "when", "node", "what happened")
        click.echo(table(header, [_row(letter) for letter in found], right=("attempts",)))


def _row(letter: DeadLetter) -> tuple[str, ...]:
    happened = one_line(letter.detail, 100)
    return (letter.id, letter.reason, str(letter.attempts), local_time(letter.at_ms), letter.node_id or "-", happened)


@dead.command(short_help="One dead letter with its message.")
@click.argument("task_id", metavar="ID")
@click.option("--json", "as_object", is_flag=True, help="Print the DeadLetter as one JSON object.")
@click.pass_obj
def show(address: Address, task_id: str, as_object: bool) -> None:
    """One dead letter: what happened, and the message as it was."""
    letter = as_operator(address, lambda client: client.dead_letter(task_id))
    if as_object:
        print_json(as_json(letter))
        return
    facts = [
        ("id", letter.id),
        ("reason", letter.reason),
        ("happened", one_line(letter.detail, 1 << 16)),
        ("attempts", str(letter.attempts)),
        ("when", local_time(letter.at_ms)),
        ("node", letter.node_id or "-"),
    ]
    for name, value in facts:
        click.echo(f"{name:<10} {printable(value)}")
    click.echo("\n" + click.style("message:", dim=True))
    for line in _readable(letter.payload).splitlines():
        click.echo(one_line(line, 1 << 20))


def _readable(payload: str) -> str:
    try:
        return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    except ValueError:
        return payload


@dead.command(short_help="Have them tried again.")
@click.argument("task_ids", metavar="ID...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them, the oldest first.")
@click.option("--json", "as_objects", is_flag=True, help='Print a JSON array of {"id", "redriven", "error"}.')
@click.pass_obj
def redrive(address: Address, task_ids: tuple[str, ...], every: bool, as_objects: bool) -> int:
    """Has a poisonous task run again, and an undelivered result delivered again. Exits with 1 if one of several was
    not."""
    if every == bool(task_ids):
        raise click.UsageError("name the dead letters by their IDs, or all of them with --all")
    outcomes = as_operator(address, lambda client: _redrive(client, task_ids))
    if as_objects:
        print_json([_outcome(task_id, error) for task_id, error in outcomes.items()])
    else:
        _tell(outcomes)
    failures = [error for error in outcomes.values() if error is not None]
    if len(outcomes) == 1 and failures:
        return exit_codes.of_error(failures[0])
    return exit_codes.FAILED if failures else exit_codes.OK


async def _redrive(client: Operator, task_ids: tuple[str, ...]) -> Outcomes:
    """One after the other; no ids: all. What no other letter would get round either is raised."""
    wanted = task_ids or [letter.id async for letter in client.dead()][::-1]
    outcomes: Outcomes = {}
    for task_id in dict.fromkeys(wanted):
        try:
            await client.redrive(task_id)
        except (GatewayUnavailable, Unauthenticated):
            raise
        except CodeRunnerError as error:
            outcomes[task_id] = error
        else:
            outcomes[task_id] = None
    return outcomes


def _outcome(task_id: str, error: CodeRunnerError | None) -> dict[str, object]:
    return {"id": task_id, "redriven": error is None, "error": str(error or "")}


def _tell(outcomes: Outcomes) -> None:
    if not outcomes:
        print_notice("no dead letter")
    for task_id, error in outcomes.items():
        if error is None:
            click.echo(printable(f"{task_id} is redriven"))
        else:
            print_notice(f"{task_id} is not redriven: {error}")

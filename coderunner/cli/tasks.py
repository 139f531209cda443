"""``coderunner tasks``, ``task`` and ``cancel``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from coderunner.cli import exit_codes
from coderunner.cli.cases import verdicts
from coderunner.cli.output import as_json, print_json, print_notice
from coderunner.cli.printable import Coloured, coloured, printable
from coderunner.cli.remarks import remarks, signal_name
from coderunner.cli.session import Address, against
from coderunner.cli.sources import shown
from coderunner.cli.tables import local_time, mebibytes, milliseconds, one_line, table
from coderunner.cli.task_filters import TaskChoice, choosing_tasks
from coderunner.model import Execution, Stage, Status

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.task import Task

_COLOURS = {
    Status.SUCCEEDED: "green",
    Status.QUEUED: "bright_black",
    Status.RUNNING: "cyan",
    Status.CANCELLED: "yellow",
}


@click.command(short_help="Tasks, newest first.")
@choosing_tasks
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="At most so many."
)
@click.option("--json", "as_objects", is_flag=True, help="Print a JSON array of Executions, without their output.")
@click.pass_obj
def tasks(address: Address, *, chosen: TaskChoice, limit: int, as_objects: bool) -> None:
    """Tasks, newest first."""

    async def collect(gateway: Client) -> list[Execution]:
        return [execution async for execution in chosen.listed_by(gateway, limit)]

    found = against(address, collect)
    if as_objects:
        print_json([as_json(execution) for execution in found])
    elif not found:
        print_notice("no such task")
    else:
        header = ("id", "status", "language", "node", "submitted", "queued ms", "labels")
        click.echo(table(header, [_row(execution) for execution in found], right=("queued ms",)))


@click.command(short_help="One task and its result.")
@click.argument("task_id", metavar="ID")
@click.option("--source", "is_source", is_flag=True, help="What was submitted instead, where the gateway keeps it.")
@click.option("--json", "as_object", is_flag=True, help="Print the Execution (the Task) as one JSON object.")
@click.pass_obj
def task(address: Address, task_id: str, is_source: bool, as_object: bool) -> int:
    """One task and its result, or what was submitted."""
    if is_source:
        return _show_source(against(address, lambda client: client.source(task_id)), as_object=as_object)
    execution = against(address, lambda client: client.get(task_id))
    if as_object:
        print_json(as_json(execution))
    else:
        _describe(execution)
    return exit_codes.OK


@click.command(short_help="Cancel a task.")
@click.argument("task_id", metavar="ID")
@click.option("--json", "as_object", is_flag=True, help='Print {"execution": ..., "cancelled": ...}.')
@click.pass_obj
def cancel(address: Address, task_id: str, as_object: bool) -> int:
    """Cancel a task. A queued one never starts, a running one is killed; exits with 1 if it had already ended."""
    answer = against(address, lambda client: client.cancel(task_id))
    if as_object:
        print_json(as_json(answer))
    elif answer.cancelled:
        click.echo(printable(f"{task_id} is cancelled"))
    else:
        print_notice(f"{task_id} had already ended: {answer.execution.status}")
    return exit_codes.OK if answer.cancelled else exit_codes.FAILED


def _row(execution: Execution) -> tuple[str, ...]:
    return (
        execution.id,
        _coloured(execution.status),
        execution.language,
        execution.node_id or "-",
        local_time(execution.submitted_at_ms),
        milliseconds(execution.queued_ms),
        _labels(execution),
    )


def _show_source(kept: Task | None, *, as_object: bool) -> int:
    """The files, each below its name where there are several, and nothing else: to be read, or piped."""
    if kept is None:
        print_notice("its source is not kept")
        return exit_codes.FAILED
    if as_object:
        print_json(as_json(kept))
        return exit_codes.OK
    files = kept.source if isinstance(kept.source, Mapping) else {"": kept.source}
    for name, content in files.items():
        if len(files) > 1:
            click.echo(click.style(printable(f"{name}:"), dim=True))
        click.echo("".join(one_line(line, 1 << 16) + "\n" for line in shown(content).splitlines()), nl=False)
    return exit_codes.OK


def _describe(execution: Execution) -> None:
    facts = [
        ("id", execution.id),
        ("status", _coloured(execution.status)),
        ("language", f"{execution.language} {execution.language_version}".strip()),
        ("node", f"{execution.node_id} (attempt {execution.attempt})" if execution.node_id else "-"),
        ("submitted", local_time(execution.submitted_at_ms)),
        ("queued", f"{milliseconds(execution.queued_ms)} ms"),
        ("labels", _labels(execution) or "-"),
    ]
    for name, value in facts:
        click.echo(f"{name:<10} {value if isinstance(value, Coloured) else printable(value)}")
    for name, stage in execution.stages():
        if not name.startswith("case:"):
            _describe_stage(name, stage)
    if execution.cases:
        click.echo("\n" + verdicts(execution))
    for sentence in remarks(execution):
        print_notice(sentence)


def _describe_stage(name: str, stage: Stage) -> None:
    ended = f"exit code {stage.exit_code}" if stage.signal is None else signal_name(stage.signal)
    usage = f"wall {milliseconds(stage.wall_ms)} ms, cpu {milliseconds(stage.cpu_ms)} ms"
    click.echo(f"\n{printable(name):<10} {printable(ended)}, {usage}, memory {mebibytes(stage.peak_memory_bytes)}")
    for stream, text in (("stdout", stage.stdout), ("stderr", stage.stderr)):
        if text:
            click.echo(click.style(f"{stream}:", dim=True))
            click.echo("".join(one_line(line, 1 << 16) + "\n" for line in text.splitlines()), nl=False)


def _coloured(status: Status) -> Coloured:
    return coloured(status, fg=_COLOURS.get(status, "red"))


def _labels(execution: Execution) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(execution.labels.items()))

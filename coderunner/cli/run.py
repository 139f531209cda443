"""``coderunner run``: one program from files to exit code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coderunner.cli import cases, exit_codes, saving, sources, tested
from coderunner.cli.large_files import put_large
from coderunner.cli.live_run import submit_and_follow
from coderunner.cli.marks import marks
from coderunner.cli.name_values import name_values
from coderunner.cli.output import as_json, print_json, print_notice, write
from coderunner.cli.remarks import remarks
from coderunner.cli.session import Address, against
from coderunner.cli.talking import talk
from coderunner.model import Stream
from coderunner.task import Callback, Checker, Comparison, Limits, TaskOptions

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.model import Execution, OutputFile
    from coderunner.task import Content, Source

_SECONDS = click.FloatRange(min=0, min_open=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The command line, as click read it."""

    files: tuple[str, ...]
    language: str | None
    language_version: str
    entry_point: str
    stdin: str | None
    arg: tuple[str, ...]
    env: dict[str, str]
    compile_option: tuple[str, ...]
    cpu: float | None
    wall: float | None
    memory: float | None
    processes: int | None
    priority: str
    label: dict[str, str]
    cases: Path | None
    comparison: str
    epsilon: float
    stop_at_first_failure: bool
    checker: str | None
    timeout: float | None
    queue_deadline: float | None
    idempotency_key: str
    callback: str | None
    callback_headers: str
    callback_event: tuple[str, ...]
    large_result: bool
    cache: str | None
    reader: str
    json: bool
    raw: bool
    outputs: tuple[str, ...]
    save: Path | None
    archive: Path | None
    interactive: bool
    terminal: bool
    redirect_stderr: bool
    package: tuple[str, ...]
    blob: dict[str, str]
    tests: str
    junit: Path | None


@click.command(short_help="Run a program and exit with its exit code.")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--language", "-l", metavar="L", help="Language; without it the first file's ending tells.")
@click.option("--language-version", default="", metavar="V", help='Version or its beginning, such as "3" or "3.13".')
@click.option("--entry-point", default="", metavar="NAME", help="File to run; without it the first.")
@click.option("--stdin", metavar="FILE", help="What the program reads; '-' passes on this command's own.")
@click.option("--arg", multiple=True, metavar="A", help="An argument of the program; may be repeated.")
@click.option("--env", multiple=True, callback=name_values, metavar="NAME=VALUE", help="Environment; may be repeated.")
@click.option("--compile-option", multiple=True, metavar="O", help="Passed to the compiler; may be repeated.")
@click.option(
    "--package", multiple=True, metavar="P", help="Installed for it: numpy==2.1.*, lodash@4; may be repeated."
)
@click.option("--cpu", type=_SECONDS, metavar="S", help="Limit of processor time in seconds.")
@click.option("--wall", type=_SECONDS, metavar="S", help="Limit of wall-clock time in seconds.")
@click.option("--memory", type=_SECONDS, metavar="MIB", help="Limit of memory in MiB.")
@click.option("--processes", type=click.IntRange(min=1), metavar="N", help="Limit of processes and threads.")
@click.option("--priority", type=click.Choice(["LOW", "NORMAL", "HIGH"], case_sensitive=False), default="NORMAL")
@click.option(
    "--label", multiple=True, callback=name_values, metavar="NAME=VALUE", help="Kept with the task; may be repeated."
)
@click.option(
    "--cases",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Judge the program: NAME.in against NAME.out (or .ans), with NAME.args where there is one.",
)
@click.option(
    "--comparison",
    type=click.Choice(["EXACT", "TRIMMED", "TOKENS", "FLOAT"], case_sensitive=False),
    default="TRIMMED",
    help="How a case's output is compared.",
)
@click.option("--epsilon", type=click.FloatRange(min=0), default=0.0, metavar="E", help="For FLOAT; 0 is 1e-6.")
@click.option("--stop-at-first-failure", is_flag=True, help="Skip the cases after the first that is not accepted.")
@click.option("--checker", metavar="FILE", help="A program that judges the cases.")
@click.option("--timeout", type=_SECONDS, metavar="S", help="Give up, and cancel, after so many seconds in all.")
@click.option("--queue-deadline", type=_SECONDS, metavar="S", help="EXPIRED if it has not started within this.")
@click.option("--idempotency-key", default="", metavar="KEY", help="The same key returns the same task.")
@click.option("--callback", metavar="URL", help="Gets the finished execution: http, https, grpc, grpcs.")
@click.option("--callback-headers", default="", metavar="NAME", help="Configured header values that it carries.")
@click.option(
    "--callback-event",
    multiple=True,
    type=click.Choice(["FINISHED", "RUNNING", "CASE"], case_sensitive=False),
    help="What it gets besides the end; may be repeated.",
)
@click.option("--large-result", is_flag=True, help="Keep more output than fits into a result of 4 MiB.")
@click.option(
    "--cache",
    type=click.Choice(["OFF", "READ", "READ_WRITE"], case_sensitive=False),
    help="Take the kept outcome of the same task, and keep this one's; without it, as the gateway has set.",
)
@click.option("--reader", default="", metavar="ID", help="On whose behalf: a hash of a visitor's id.")
@click.option("--json", is_flag=True, help="Print the Execution as one JSON object in place of the output.")
@click.option("--archive", type=click.Path(dir_okay=False, path_type=Path), help="A zip or tar with more files.")
@click.option("--output", "outputs", multiple=True, metavar="PATTERN", help="Files that come back; without it: out/*.")
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), help="Folder to write these files to.")
@click.option("--redirect-stderr", is_flag=True, help="Standard error goes to standard output, in true order.")
@click.option("--tests", default="", metavar="NAME", help="Run the files as tests, as pytest or go-test does.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write what became of them as XML.")
@click.option("--interactive", "-i", is_flag=True, help="Pass standard input on to the program while it runs.")
@click.option("--terminal", "-t", is_flag=True, help="The same, and the program runs on a terminal; Ctrl-] leaves it.")
@click.option(
    "--blob", multiple=True, callback=name_values, metavar="NAME=DIGEST", help="A file that is a blob; may be repeated."
)
@click.option("--raw", is_flag=True, help="Write standard output at the end, byte for byte: for what is no text.")
@click.pass_obj
def run(address: Address, /, **options: Any) -> int:
    """Run FILE... and exit with the program's exit code.

    Several files keep the folders between them; the first is the entry point. '-' reads the source from standard input.
    """
    chosen = _Options(**options)
    if chosen.files == ("-",) and chosen.stdin == "-":
        raise click.UsageError("source and stdin cannot both come from standard input")
    if chosen.json and chosen.raw:
        raise click.UsageError("--json and --raw exclude each other")
    _check_talk(chosen)
    _check_tests(chosen)
    if not chosen.files and chosen.archive is None:
        raise click.UsageError("Missing argument 'FILE...'")
    submission = sources.read(chosen.files, chosen.entry_point, has_more=chosen.archive is not None)
    task = _task(chosen, submission)
    execution = against(address, lambda client: _judge_or_run(client, chosen, submission, task))
    if chosen.raw and execution.run is not None:
        write(execution.run.stdout_bytes, to_stderr=False)
    exit_code = _show(execution, submission.source, chosen)
    fetch = partial(_fetch, address, execution.id)
    for sentence in saving.save(execution, chosen.save, fetch) if chosen.save is not None else ():
        print_notice(sentence)
    return exit_code


def _fetch(address: Address, task_id: str, file: OutputFile, path: Path) -> None:
    against(address, lambda client: saving.download(client.blob_pieces(file.digest, task_id), path))


async def _judge_or_run(
    client: Client, chosen: _Options, submission: sources.Submission, task: TaskOptions
) -> Execution:
    language = chosen.language or await sources.language_of(client, submission)
    if chosen.checker is not None:
        checker = sources.read([chosen.checker])
        task["checker"] = Checker(await sources.language_of(client, checker), checker.source)
    source = await put_large(client, submission.source, task, chosen.blob)
    if chosen.interactive or chosen.terminal:
        return await talk(
            lambda size: client.interact(language, source, terminal=size, **task),
            on_terminal=chosen.terminal,
            timeout_s=chosen.timeout,
        )
    return await submit_and_follow(
        client,
        lambda: client.submit(language, source, **task),
        show=_shown(chosen),
        timeout_s=chosen.timeout,
    )


def _check_talk(chosen: _Options) -> None:
    """Raises UsageError for what excludes talking to the program."""
    if not (chosen.interactive or chosen.terminal):
        return
    excluded = {
        "--cases": chosen.cases is not None,
        "--json": chosen.json,
        "--raw": chosen.raw,
        "--stdin -": chosen.stdin == "-",
        "a source from standard input": chosen.files == ("-",),
    }
    for name, is_asked in excluded.items():
        if is_asked:
            raise click.UsageError(f"--interactive and --terminal exclude {name}")


def _check_tests(chosen: _Options) -> None:
    """Raises UsageError for what does not go together with tests, or needs them."""
    if chosen.tests and chosen.cases:
        raise click.UsageError("--tests and --cases exclude each other")
    if chosen.junit is not None and not chosen.tests:
        raise click.UsageError("--junit needs --tests")


def _shown(chosen: _Options) -> frozenset[Stream]:
    """What is written as it appears."""
    if chosen.json:
        return frozenset()
    return frozenset({Stream.STDERR}) if chosen.raw else frozenset(Stream)


def _task(chosen: _Options, submission: sources.Submission) -> TaskOptions:
    comparison = Comparison(chosen.comparison.upper(), chosen.epsilon)  # type: ignore[arg-type]  # click checked the word
    return TaskOptions(
        version=chosen.language_version,
        entry_point=submission.entry_point,
        stdin=_stdin(chosen.stdin),
        args=chosen.arg,
        env=chosen.env,
        compile_options=chosen.compile_option,
        outputs=chosen.outputs,
        redirect_stderr=chosen.redirect_stderr,
        packages=chosen.package,
        test_framework=chosen.tests,
        archive=sources.bytes_of(chosen.archive) if chosen.archive is not None else b"",
        limits=_limits(chosen),
        priority=chosen.priority.upper(),
        cases=cases.read(chosen.cases, comparison, checked=chosen.checker is not None) if chosen.cases else (),
        stop_at_first_failure=chosen.stop_at_first_failure,
        idempotency_key=chosen.idempotency_key,
        queue_deadline_ms=_scaled(chosen.queue_deadline, 1000) or 0,
        callback=_callback(chosen),
        labels=chosen.label,
        large_result=chosen.large_result,
        reader=chosen.reader,
        cache=(chosen.cache or "").upper(),
    )


def _callback(chosen: _Options) -> Callback | None:
    if chosen.callback is None:
        if chosen.callback_headers or chosen.callback_event:
            raise click.UsageError("--callback-headers and --callback-event need --callback")
        return None
    events = [event.upper() for event in chosen.callback_event]
    return Callback(chosen.callback, chosen.callback_headers, events)  # type: ignore[arg-type]  # click checked them


def _stdin(path: str | None) -> Content:
    if path is None:
        return ""
    return sources.standard_input() if path == "-" else sources.content_of(Path(path))


def _limits(chosen: _Options) -> Limits:
    return Limits(
        cpu_ms=_scaled(chosen.cpu, 1000),
        wall_ms=_scaled(chosen.wall, 1000),
        memory_bytes=_scaled(chosen.memory, 1 << 20),
        processes=chosen.processes,
    )


def _scaled(amount: float | None, factor: int) -> int | None:
    return None if amount is None else max(1, round(amount * factor))


def _show(execution: Execution, source: Source, chosen: _Options) -> int:
    if chosen.junit is not None:
        tested.write_report(chosen.junit, execution)
    if chosen.json:
        print_json(as_json(execution))
    else:
        if execution.cases:
            click.echo(cases.verdicts(execution))
        if chosen.tests and execution.run is not None:
            click.echo(tested.results(execution))
        for sentence in (*remarks(execution), *(() if chosen.save is not None else saving.left(execution))):
            print_notice(sentence)
        for line in marks(execution, source):
            click.echo(line, err=True)
    return exit_codes.of_execution(execution)

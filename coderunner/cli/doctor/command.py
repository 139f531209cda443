"""The ``doctor`` command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from coderunner.cli import exit_codes
from coderunner.cli.doctor import engine, host, services
from coderunner.cli.doctor.finding import Finding, State, wrong
from coderunner.cli.output import as_json, print_json
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, against

if TYPE_CHECKING:
    from coderunner.client import Client

_CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "python": host.python,
    "packages": host.packages,
    "disk": host.disk,
    "clock": host.clock,
    "docker": engine.engine,
    "images": engine.images,
    "nats": services.nats,
    "etcd": services.etcd,
    "metrics": services.metrics,
}
_PARTS = (*_CHECKS, "gateway")
_REINSTALL = "pip install --upgrade coderunner (in a checkout: make setup)"
_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.WRONG: "red", State.SKIPPED: "bright_black"}


@click.command(short_help="Check every part; say what is wrong and what mends it.")
@click.option("--only", multiple=True, type=click.Choice(_PARTS), help="Check only this part; may be repeated.")
@click.option("--json", "as_object", is_flag=True, help='Print {"ok": ..., "checks": [...]}.')
@click.pass_obj
def doctor(address: Address, *, only: tuple[str, ...], as_object: bool) -> int:
    """Check every part, from Python to a program in each language, and say for each what is wrong and the command that
    mends it. Exits with 1 if anything is wrong."""
    findings = _findings(address, only or _PARTS, None if as_object else _show)
    well = all(finding.state is not State.WRONG for finding in findings)
    if as_object:
        print_json({"ok": well, "checks": [as_json(finding) for finding in findings]})
    else:
        click.echo(_summary(findings))
    return exit_codes.OK if well else exit_codes.FAILED


def _findings(address: Address, parts: Iterable[str], show: Callable[[Finding], None] | None) -> list[Finding]:
    findings: list[Finding] = []

    def note(finding: Finding) -> None:
        findings.append(finding)
        if show is not None:
            show(finding)

    for part in parts:
        if part == "gateway":
            _gateway(address, note)
            continue
        for finding in _CHECKS[part]():
            note(finding)
    return findings


def _gateway(address: Address, note: Callable[[Finding], None]) -> None:
    async def ask(client: Client) -> None:
        from coderunner.cli.doctor.gateway import examine  # noqa: PLC0415 - its package may be what is missing

        async for finding in examine(client):
            note(finding)

    try:
        against(address, ask)
    except ImportError as error:
        note(wrong("gateway", f"cannot be asked: {error}", _REINSTALL))


def _show(finding: Finding) -> None:
    state = click.style(f"{finding.state:<8}", fg=_COLOURS[finding.state], bold=finding.state is State.WRONG)
    click.echo(f"{state} {finding.part:<10} {printable(finding.says)}")
    if finding.mend:
        click.echo(f"{'':<19} mend: {printable(finding.mend)}")


def _summary(findings: list[Finding]) -> str:
    wrong_ones = sum(finding.state is State.WRONG for finding in findings)
    if wrong_ones:
        return f"\n{wrong_ones} of {len(findings)} checks failed"
    return f"\nall is well ({len(findings)} checks)"

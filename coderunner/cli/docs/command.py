"""``coderunner docs check``: the programs of a documentation do what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import click

from coderunner.cli import exit_codes
from coderunner.cli.docs import junit
from coderunner.cli.docs.checking import Checked, check
from coderunner.cli.docs.pages import pages_of
from coderunner.cli.docs.writing import rewrite
from coderunner.cli.output import print_notice
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, against
from coderunner.cli.sources import text_of

_PATH = click.Path(path_type=Path)


@click.group()
def docs() -> None:
    """The programs of a documentation."""


@docs.command("check")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--update", is_flag=True, help="Write what they print into the pages, where that is not what is there.")
@click.option("--junit", "report", type=_PATH, metavar="FILE", help="Write a report in JUnit's XML.")
@click.pass_obj
def check_command(address: Address, /, files: tuple[Path, ...], *, update: bool, report: Path | None) -> int:
    """Run every program of FILES (Markdown, reST, HTML; of a folder, all) in a language that is served, and compare
    what it prints with what the page says.

    A program that does not end well is wrong, and so is one that prints something else than the output recorded behind
    it. With --update that is what it prints now.
    """
    pages = pages_of(files)
    checked = against(address, lambda client: check(client, pages))
    updated = _update(checked) if update else set()
    for one in checked:
        if one.place not in updated:
            _show(one)
    if report is not None:
        with _in_words(report):
            report.write_bytes(junit.report(checked))
    failed = [one for one in checked if one.fault and one.place not in updated]
    ran = sum(one.printed is not None for one in checked)
    print_notice(f"{ran} programs ran, {len(failed)} wrong, {len(updated)} recorded")
    return exit_codes.FAILED if failed else exit_codes.OK


def _show(one: Checked) -> None:
    if one.printed is None and not one.fault:
        return
    words, _, rest = one.fault.partition("\n")
    said = click.style(printable(words), fg="red") if one.fault else click.style("ok", fg="green")
    click.echo(f"{printable(one.place)} {printable(one.block.language)} {said}")
    for line in rest.splitlines():
        click.echo(f"    {printable(line)}")


def _update(checked: Sequence[Checked]) -> set[str]:
    """Writes into each page what those print that ended as they should; the places of what was written. A page that
    somebody has changed meanwhile is left to him."""
    places = set()
    for _, of_page in groupby(checked, lambda one: id(one.page)):
        news = [one for one in of_page if _is_news(one)]
        if not news:
            continue
        page = news[0].page
        if text_of(page.path) != page.text:
            print_notice(f"'{page.path}' has changed meanwhile, and stays as it is")
            continue
        text = page.with_outputs({one.number: one.printed or "" for one in news})
        with _in_words(page.path):
            rewrite(page.path, text.encode())
        places |= {one.place for one in news}
    return places


def _is_news(one: Checked) -> bool:
    if one.printed is None or one.block.attributes.get("expect") or one.block.recorded_in:
        return False
    recorded = one.block.recording.text if one.block.recording is not None else None
    if recorded is None:
        return bool(one.printed.strip()) and not one.fault
    return one.differs


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"cannot write '{path}': {error.strerror or error}") from error

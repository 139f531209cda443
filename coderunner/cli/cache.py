"""``coderunner cache purge``."""

from __future__ import annotations

import click

from coderunner.cli.output import print_notice
from coderunner.cli.session import Address, as_operator


@click.group(short_help="Kept answers: purge.")
def cache() -> None:
    """The outcomes that are kept for tasks that ask for them (run --cache). Only an operator may purge them."""


@cache.command(short_help="Forget kept answers.")
@click.option("--language", default="", metavar="L", help="Of this language only, by its proper name.")
@click.option("--client", default=None, metavar="C", help="Of this client only; '' is the anonymous one.")
@click.pass_obj
def purge(address: Address, language: str, client: str | None) -> None:
    """Forget kept answers: the next task of each kind runs again. What runs now is not kept either."""
    count = as_operator(address, lambda operator: operator.purge_cache(language, client))
    print_notice(f"{count} answers forgotten")

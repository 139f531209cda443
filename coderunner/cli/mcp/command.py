"""The ``mcp`` command."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coderunner.cli import exit_codes
from coderunner.cli.mcp.bounds import Bounds
from coderunner.cli.mcp.endpoint import Endpoint, endpoint
from coderunner.cli.session import Address, against

if TYPE_CHECKING:
    from coderunner.client import Client

_MISSING = 'coderunner mcp needs the package mcp: pip install "coderunner[mcp]"'


@click.command(short_help="Let an assistant run programs: a server of the Model Context Protocol.")
@click.option("--http", metavar="HOST:PORT", help="Serve streamable HTTP at /mcp in place of stdin and stdout.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --http: the token that callers must show. CODERUNNER_MCP_TOKEN says it, too.",
)
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A name that callers know it by; may be repeated.")
@click.option("--open-to-everybody", is_flag=True, help="Listen beyond loopback without a token.")
@click.option(
    "--output-chars",
    type=click.IntRange(min=200, max=1_000_000),
    default=20_000,
    show_default=True,
    metavar="N",
    help="What the assistant is told of each stream of a program.",
)
@click.option(
    "--queue-deadline",
    type=click.FloatRange(min=0.1, max=3600),
    default=60.0,
    show_default=True,
    metavar="S",
    help="A program that has not started within this does not.",
)
@click.pass_obj
def mcp(
    address: Address,
    *,
    http: str | None,
    token_file: Path | None,
    hosts: tuple[str, ...],
    open_to_everybody: bool,
    output_chars: int,
    queue_deadline: float,
) -> int:
    """Serve the Model Context Protocol, by which an assistant runs programs through the gateway: the tools run_code and
    list_languages. It speaks on standard input and output until that ends, or over HTTP until Ctrl-C."""
    place = endpoint(http, token_file, hosts, open_to_everybody=open_to_everybody)
    bounds = Bounds(output_chars=output_chars, queue_deadline_ms=round(queue_deadline * 1000))
    _must_be_there()
    with suppress(KeyboardInterrupt):  # the way to end it
        against(address, lambda client: _serve(client, bounds, place))
    return exit_codes.OK


def _must_be_there() -> None:
    """Raises click.ClickException where the extra is not installed."""
    try:
        import_module("mcp")
    except ImportError:
        raise click.ClickException(_MISSING) from None


async def _serve(client: Client, bounds: Bounds, place: Endpoint | None) -> None:
    from coderunner.cli.mcp import http, server, stdio  # noqa: PLC0415 - they need the extra
    from coderunner.cli.mcp.log_lines import log_to_stderr  # noqa: PLC0415

    log_to_stderr()
    serving = server.server(client, bounds)
    if place is None:
        await stdio.serve(serving)
    else:
        await http.serve(serving, place)

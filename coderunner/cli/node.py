"""``coderunner node drain``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from coderunner.cli.output import print_json
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, as_operator
from coderunner.errors import NotFound

if TYPE_CHECKING:
    from coderunner.operations import Operator

_LOOK_S = 0.2


@click.group(short_help="Take a node out of service: drain.")
def node() -> None:
    """Takes a node out of service. Asks for an operator's token; `coderunner nodes` lists them."""


@node.command(short_help="Take nothing new, finish, end.")
@click.argument("node_id", metavar="ID")
@click.option("--wait", is_flag=True, help="Return once the node has left the list.")
@click.option("--json", "as_object", is_flag=True, help='Print {"id", "accepted", "gone"}.')
@click.pass_obj
def drain(address: Address, node_id: str, wait: bool, as_object: bool) -> None:
    """The node takes nothing new, finishes what it runs, leaves the list and ends with exit code 0."""
    as_operator(address, lambda client: _drain(client, node_id, wait=wait))
    if as_object:
        print_json({"id": node_id, "accepted": True, "gone": wait})
    else:
        click.echo(printable(f"{node_id} has drained and is gone" if wait else f"{node_id} drains"))


async def _drain(client: Operator, node_id: str, *, wait: bool) -> None:
    if not await client.drain(node_id):
        raise NotFound(f"no node '{node_id}' answers")
    while wait and node_id in {node.id for node in await client.nodes()}:  # noqa: ASYNC110 - the gateway has no event for it
        await asyncio.sleep(_LOOK_S)

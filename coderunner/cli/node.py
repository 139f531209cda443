"""``coderunner node drain``, ``node forget`` and ``nodes --joined``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from coderunner.cli.output import as_json, print_json, print_notice
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, as_operator
from coderunner.cli.tables import local_time, table
from coderunner.errors import NotFound
from coderunner.joined_node import JoinedNode

if TYPE_CHECKING:
    from coderunner.operations import Operator

_LOOK_S = 0.2


@click.group(short_help="Take a node out of service: drain, forget.")
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


@node.command(short_help="Let a node in no longer that joined by a token.")
@click.argument("node_id", metavar="ID")
@click.option("--json", "as_object", is_flag=True, help="Print the JoinedNode that it was.")
@click.pass_obj
def forget(address: Address, node_id: str, as_object: bool) -> None:
    """The node's key opens nothing any more. One that works is out within 15 minutes: drain it before, and it is at
    once."""
    forgotten = as_operator(address, lambda client: client.forget_node(node_id))
    if as_object:
        print_json(as_json(forgotten))
        return
    click.echo(printable(f"{forgotten.node_id} is forgotten; where it is connected, for 15 minutes at most"))


def print_joined(address: Address, *, as_objects: bool) -> None:
    """The nodes that joined by a token, as a table or as JSON."""

    async def collect(client: Operator) -> list[JoinedNode]:
        return [one async for one in client.joined_nodes()]

    found = as_operator(address, collect)
    if as_objects:
        print_json([as_json(one) for one in found])
    elif not found:
        print_notice("no node joined by a token")
    else:
        rows = [(one.node_id, ",".join(one.pools), one.by, local_time(one.joined_at_ms)) for one in found]
        click.echo(table(("node", "pools", "by", "joined"), [tuple(map(printable, row)) for row in rows]))


async def _drain(client: Operator, node_id: str, *, wait: bool) -> None:
    if not await client.drain(node_id):
        raise NotFound(f"no node '{node_id}' answers")
    while wait and node_id in {node.id for node in await client.nodes()}:  # noqa: ASYNC110 - the gateway has no event for it
        await asyncio.sleep(_LOOK_S)

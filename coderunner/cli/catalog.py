"""``coderunner nodes`` and ``coderunner languages``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from coderunner.cli.node import print_joined
from coderunner.cli.output import as_json, print_json, print_notice
from coderunner.cli.printable import coloured
from coderunner.cli.session import Address, against
from coderunner.cli.tables import mebibytes, table
from coderunner.model import Node, NodeState

_COLOURS = {NodeState.READY: "green", NodeState.OVERLOADED: "red"}


@click.command(short_help="The live nodes, their load and state.")
@click.option("--joined", is_flag=True, help="Those that joined by a token, whether they run or not. Operators only.")
@click.option("--json", "as_objects", is_flag=True, help="Print a JSON array of Nodes, or of JoinedNodes.")
@click.pass_obj
def nodes(address: Address, *, joined: bool, as_objects: bool) -> None:
    """The live nodes, their load and state."""
    if joined:
        print_joined(address, as_objects=as_objects)
        return
    found = against(address, lambda client: client.nodes())
    if as_objects:
        print_json([as_json(node) for node in found])
        return
    if not found:
        print_notice("no node is alive")
        return
    click.echo(node_table(found))
    for node in found:
        for alarm in node.alarms:
            print_notice(f"{node.id}: {alarm}")


def node_table(found: Sequence[Node]) -> str:
    """The nodes as a table."""
    header = ("node", "host", "state", "running", "load", "cpu", "memory", "disk", "pools", "languages", "runtime")
    return table(header, [_row(node) for node in found], right=("running", "load", "cpu", "memory", "disk"))


def _row(node: Node) -> tuple[str, ...]:
    return (
        node.id,
        node.host,
        coloured(node.state, fg=_COLOURS.get(node.state, "yellow")),
        f"{node.running}/{node.capacity}",
        f"{node.load_score:.0f}",
        f"{node.cpu_percent:.0f} %",
        f"{node.memory_percent:.0f} %",
        f"{node.disk_percent:.0f} %",
        ",".join(node.pools),
        ",".join(sorted(node.languages)),
        node.sandbox_runtime,
    )


@click.command(short_help="The languages that live nodes serve.")
@click.option("--json", "as_objects", is_flag=True, help="Print a JSON array of Languages.")
@click.pass_obj
def languages(address: Address, as_objects: bool) -> None:
    """The languages that live nodes serve."""
    found = against(address, lambda client: client.languages())
    if as_objects:
        print_json([as_json(language) for language in found])
        return
    if not found:
        print_notice("no node is alive, so no language is served")
        return
    rows = [
        (
            language.name,
            language.title or language.name,
            ", ".join(language.versions),
            ", ".join(language.aliases),
            " ".join(language.extensions),
            "yes" if language.compiled else "no",
            mebibytes(language.baseline_memory_bytes) if language.baseline_memory_bytes else "",
            language.nodes,
        )
        for language in found
    ]
    header = ("language", "title", "versions", "aliases", "files", "compiled", "own memory", "nodes")
    click.echo(table(header, rows, right=("own memory", "nodes")))

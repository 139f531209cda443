"""``coderunner blob``: large content, put once and named by digest in tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from coderunner.cli.output import print_json, print_notice, write
from coderunner.cli.saving import download
from coderunner.cli.session import Address, against
from coderunner.cli.tables import local_time

if TYPE_CHECKING:
    from coderunner.client import Client


@click.group(short_help="Large content: put, get.")
def blob() -> None:
    """Content that is put once and named by its digest in any number of tasks (run --blob NAME=DIGEST)."""


@blob.command(short_help="Put a file, and print its digest.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", is_flag=True, help="Print digest, size and expiry as JSON.")
@click.pass_obj
def put(address: Address, file: Path, *, json: bool) -> None:
    """Put FILE, and print its digest; nothing is sent where the gateway has it."""
    put = against(address, lambda client: client.put_blob(file))
    if json:
        print_json({"digest": put.digest, "size": put.size, "expires_at_ms": put.expires_at_ms})
        return
    click.echo(put.digest)
    print_notice(f"{put.size} bytes, kept until {local_time(put.expires_at_ms)}")


@blob.command(short_help="Write what a blob holds to a file.")
@click.argument("digest")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File; without it: the output.")
@click.option("--task", "task_id", default="", metavar="ID", help="The task that left it, where it is such a file.")
@click.pass_obj
def get(address: Address, digest: str, output: Path | None, task_id: str) -> None:
    """Write the blob DIGEST of this client, or the file DIGEST that the task ID has left."""
    against(address, lambda client: _write(client, digest, task_id, output))


async def _write(client: Client, digest: str, task_id: str, output: Path | None) -> None:
    pieces = client.blob_pieces(digest, task_id)
    if output is None:
        async for piece in pieces:
            write(piece, to_stderr=False)
        return
    await download(pieces, output)

"""The files of ``coderunner run`` that are too large for a message: they are put as blobs, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from coderunner.blob import Blob

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.task import Content, Source, TaskOptions

LARGE_FILE_BYTES = 128 << 10
LARGE_STDIN_BYTES = 512 << 10
"""Half of what a gateway takes in a message, as it is set usually."""


async def put_large(client: Client, source: Source, task: TaskOptions, named: Mapping[str, str]) -> Source:
    """The program with its large files, and the task's standard input, as blobs, and beside them the blobs that are
    ``named``: file name to digest. Raises click.UsageError, CodeRunnerError."""
    task["stdin"] = await _put(client, task.get("stdin", ""), LARGE_STDIN_BYTES)
    if not isinstance(source, Mapping):
        if named:
            raise click.UsageError("--blob needs a program in a file, which has a name")
        return await _put(client, source, LARGE_FILE_BYTES)
    files = {name: await _put(client, content, LARGE_FILE_BYTES) for name, content in source.items()}
    return {**files, **{name: Blob(digest) for name, digest in named.items()}}


async def _put(client: Client, content: Content, at_least: int) -> Content:
    if isinstance(content, Blob):
        return content
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return await client.put_blob(data) if len(data) >= at_least else content

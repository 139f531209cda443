"""The files that a program left, written to a folder of the user's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from coderunner.model import Execution, OutputFile


Fetch = Callable[["OutputFile", Path], None]
"""Writes a file that was too large for the result to a path."""


def save(execution: Execution, folder: Path, fetch: Fetch) -> Iterator[str]:
    """Writes them below ``folder``, and tells of each, also of those whose names lead out of it and which it leaves.
    Raises click.ClickException where one cannot be written, CodeRunnerError where one cannot be fetched."""
    for file in execution.files:
        if not file.is_there:
            yield f"{_said(file)} was too large to be brought back"
            continue
        path = _place(folder, file.name)
        if path is None:
            yield f"{_said(file)} was not written: its name leaves the folder"
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.data is None:
                fetch(file, path)
            else:
                path.write_bytes(file.data)
        except OSError as error:
            raise click.ClickException(f"cannot write '{path}': {error.strerror or error}") from error
        yield f"wrote {_said(file)} to {path}"


async def download(pieces: AsyncIterator[bytes], path: Path) -> None:
    """Writes what comes to a file, which is there once it is whole. Raises click.ClickException, CodeRunnerError."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            async for piece in pieces:
                file.write(piece)
        unfinished.replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write '{path}': {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def left(execution: Execution) -> Iterator[str]:
    """A sentence on what it left, where it left anything."""
    if execution.files:
        yield f"it left {', '.join(map(_said, execution.files))}; --save DIR writes them"


def _place(folder: Path, name: str) -> Path | None:
    """Where the file goes; None where its name, or a link that is there, leads out of the folder. A name is the
    program's choice, and one that may be written on no machine must not keep the others from being."""
    parts = PurePosixPath(name).parts
    if not parts or {"..", "/"}.intersection(parts) or "\\" in name:
        return None
    path = folder.joinpath(*parts)
    try:
        return path if path.resolve().is_relative_to(folder.resolve()) else None
    except (OSError, RuntimeError):  # links in a circle
        return None


def _said(file: OutputFile) -> str:
    return f"{file.name} ({file.media_type}, {file.size} bytes)"

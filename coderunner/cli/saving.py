"""The files that a program left, written to a folder of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from coderunner.model import Execution, OutputFile


def save(execution: Execution, folder: Path) -> Iterator[str]:
    """Writes them below ``folder``, and tells of each, also of those whose names lead out of it and which it leaves.
    Raises click.ClickException where one cannot be written."""
    for file in execution.files:
        if file.data is None:
            yield f"{_said(file)} was too large to be brought back"
            continue
        path = _place(folder, file.name)
        if path is None:
            yield f"{_said(file)} was not written: its name leaves the folder"
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        except OSError as error:
            raise click.ClickException(f"cannot write '{path}': {error.strerror or error}") from error
        yield f"wrote {_said(file)} to {path}"


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

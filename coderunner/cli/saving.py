"""The files that a program left, written to a folder of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from coderunner.model import Execution, OutputFile


def save(execution: Execution, folder: Path) -> Iterator[str]:
    """Writes them below ``folder``, and tells of each. Raises click.ClickException where one cannot be written."""
    for file in execution.files:
        if file.data is None:
            yield f"{_said(file)} was too large to be brought back"
            continue
        path = _place(folder, file.name)
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


def _place(folder: Path, name: str) -> Path:
    """Where the file goes. A gateway lets no name out that leaves its folder; this trusts none. Raises
    click.ClickException."""
    parts = PurePosixPath(name).parts
    path = folder.joinpath(*parts)
    inside = bool(parts) and not {"..", "/", "\\"}.intersection(parts) and "\\" not in name
    if not inside or not path.resolve().is_relative_to(folder.resolve()):
        raise click.ClickException(f"a file's name leaves the folder: {name!r}")
    return path


def _said(file: OutputFile) -> str:
    return f"{file.name} ({file.media_type}, {file.size} bytes)"

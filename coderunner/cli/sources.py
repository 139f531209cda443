"""The source files that a command names, read from disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from coderunner.blob import Blob

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.task import Content, Source


@dataclass(frozen=True, slots=True)
class Submission:
    """The program to submit, as its files say."""

    source: Source
    entry_point: str
    """Empty where there is one file."""
    suffix: str
    """Ending of the first file; empty for standard input."""


def read(files: Sequence[str], entry_point: str = "", *, has_more: bool = False) -> Submission:
    """The program in the named files, folders between them kept. The first is the entry point unless one is named;
    ``has_more``: others are in an archive. Raises click.UsageError."""
    if not files:
        return Submission({}, entry_point, PurePath(entry_point).suffix)
    if list(files) == ["-"]:
        return Submission(standard_input(), entry_point, "")
    if "-" in files:
        raise click.UsageError("'-' reads the one source from standard input and stands alone")
    contents = [content_of(Path(path)) for path in files]
    names = _names([Path(path) for path in files])
    if len(set(names)) < len(contents):
        raise click.UsageError("two of the files have the same name")
    source = dict(zip(names, contents, strict=True))
    entry = entry_point or (names[0] if len(names) > 1 or has_more else "")
    if entry and entry not in source and not has_more:
        raise click.UsageError(f"the entry point {entry!r} is none of the files: {', '.join(names)}")
    return Submission(source, entry, PurePath(entry or names[0]).suffix)


def standard_input() -> Content:
    """All that comes on standard input."""
    return _content(sys.stdin.buffer.read())


def text_of(path: Path) -> str:
    """A file's text. Raises click.UsageError in words for one that cannot be read or is not UTF-8."""
    try:
        return bytes_of(path).decode()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"'{path}' is not UTF-8 text (byte {error.start})") from error


def content_of(path: Path) -> Content:
    """What a file holds: its text, or its bytes where they are not UTF-8. Raises click.UsageError in words for one that
    cannot be read."""
    return _content(bytes_of(path))


def shown(content: Content) -> str:
    """What is shown of a file: its text, and of a blob its digest."""
    if isinstance(content, Blob):
        return content.digest
    return content.decode(errors="replace") if isinstance(content, bytes) else content


def bytes_of(path: Path) -> bytes:
    """What a file holds. Raises click.UsageError in words for one that cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read '{path}': {error.strerror or error}") from error
    except ValueError as error:
        raise click.UsageError(f"not a file name: {str(path)!r}") from error


def _content(data: bytes) -> Content:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _names(paths: Sequence[Path]) -> list[str]:
    if len(paths) == 1:
        return [paths[0].name]
    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - resolve() would follow links
    base = Path(os.path.commonpath([path.parent for path in absolute]))
    return [path.relative_to(base).as_posix() for path in absolute]


async def language_of(client: Client, submission: Submission, extensions: Mapping[str, str] | None = None) -> str:
    """The name of the language that has the first file's ending, asked from the gateway. Raises click.UsageError."""
    if not submission.suffix:
        raise click.UsageError("say which language it is with --language; there is no file ending to tell")
    claims = extensions or {
        extension: language.name for language in await client.languages() for extension in language.extensions
    }
    if submission.suffix not in claims:
        known = ", ".join(sorted(claims)) or "none, as no node is alive"
        raise click.UsageError(
            f"no language is known for '{submission.suffix}'; use --language (known endings: {known})"
        )
    return claims[submission.suffix]

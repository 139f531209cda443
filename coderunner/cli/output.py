"""How answers are printed: as JSON with the proto's field names, or for the eye."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class ReaderGoneError(Exception):
    """Nobody reads our output any more."""


def as_json(value: DataclassInstance) -> dict[str, Any]:
    return dataclasses.asdict(value)


def print_json(value: object) -> None:
    """One line; numbers as numbers, what is unset as null. Always UTF-8."""
    click.echo(json.dumps(value, ensure_ascii=False).encode("utf-8", errors="replace"))


def complain(sentence: str) -> None:
    """One sentence on standard error."""
    click.echo(click.style("coderunner: ", dim=True) + sentence, err=True)


def write(text: str, *, to_stderr: bool) -> None:
    """A program's output as it is, at once, whatever the terminal's encoding."""
    stream = sys.stderr if to_stderr else sys.stdout
    try:
        stream.buffer.write(text.encode("utf-8", errors="replace"))
        stream.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error

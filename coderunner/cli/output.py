"""Printing: answers as JSON with the proto's field names, sentences on standard error, a program's output."""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from coderunner.cli.printable import printable, printable_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class ReaderGoneError(Exception):
    """The reader of our standard output has closed it."""


def as_json(value: DataclassInstance) -> dict[str, Any]:
    """The object as ``print_json`` takes it."""
    return dataclasses.asdict(value)


def in_base64(value: object) -> str:
    """What JSON has for bytes. Raises TypeError for anything else that it has nothing for."""
    if not isinstance(value, bytes):
        raise TypeError(f"JSON has nothing for {type(value).__name__}")
    return base64.b64encode(value).decode()


def print_json(value: object) -> None:
    """Prints one line of JSON; what is unset is null, bytes are base64. Always UTF-8; what a terminal would obey is
    escaped."""
    text = json.dumps(value, ensure_ascii=False, default=in_base64)
    print_line(printable_json(text).encode("utf-8", errors="replace"))


def print_line(line: str | bytes) -> None:
    """Prints one line, or several. Raises ReaderGoneError."""
    try:
        click.echo(line)
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def print_notice(sentence: str) -> None:
    """Prints one sentence on standard error, with what others wrote in it spelled out."""
    click.echo(click.style("coderunner: ", dim=True) + printable(sentence), err=True)


def write(output: str | bytes, *, to_stderr: bool) -> None:
    """Writes a program's output as it is, escapes included, at once, whatever the terminal's encoding. Raises
    ReaderGoneError."""
    stream = sys.stderr if to_stderr else sys.stdout
    try:
        stream.buffer.write(output.encode("utf-8", errors="replace") if isinstance(output, str) else output)
        stream.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error

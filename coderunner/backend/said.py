"""What a page says to a program: read from JSON, and bounded."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from coderunner.backend.bodies import object_of, refuse
from coderunner.program import Signal
from coderunner.task import Interaction, Terminal
from coderunner.v1 import execution_pb2 as pb

MAX_MESSAGE_BYTES = 512 << 10
"""A thing that is said has at most 64 KiB of input, of which JSON makes six times as much."""
_KINDS = ("input", "input_data", "close", "signal", "terminal")
_MAX_NUMBER = 1 << 31
_MAX_ROWS, _MAX_COLUMNS = 500, 1000
_SIGNALS = Signal.__args__  # type: ignore[attr-defined]


def begin_of(message: bytes, max_bytes: int) -> dict[str, Any]:
    """The program that a first message asks for. Raises Problem."""
    begin = object_of(message, max_bytes).get("begin")
    if not isinstance(begin, dict):
        refuse("begin", "must be the first message")
    return begin


def interaction_of(said: object, session_ms: int) -> Interaction:
    """How a page wants to talk: on a terminal, or not. Raises Problem."""
    if not isinstance(said, dict) or not said.keys() <= {"terminal"}:
        refuse("interaction", "may have a terminal, and nothing else")
    terminal = said.get("terminal")
    return Interaction(terminal=None if terminal is None else _terminal(terminal), session_ms=session_ms)


def said_of(message: bytes) -> pb.Said:
    """The one thing that a later message says. Raises Problem."""
    said = object_of(message, MAX_MESSAGE_BYTES).get("said")
    if not isinstance(said, dict) or not said.keys() <= {"number", *_KINDS}:
        refuse("said", "must be all that follows the first message")
    kinds = [name for name in _KINDS if said.get(name) not in (None, False)]
    if len(kinds) != 1:
        refuse("said", f"must have one of {', '.join(_KINDS)}")
    return pb.Said(number=_number(said.get("number"), "said.number", _MAX_NUMBER), **_what(kinds[0], said[kinds[0]]))


def _what(kind: str, value: object) -> dict[str, Any]:
    if kind == "close" and value is True:
        return {"close": True}
    if kind == "terminal":
        size = _terminal(value)
        return {"terminal": pb.Terminal(rows=size.rows, columns=size.columns)}
    if not isinstance(value, str):
        refuse(f"said.{kind}", "is of another type")
    if kind == "signal" and value in _SIGNALS:
        return {"signal": pb.Said.Signal.Value(value)}
    if kind not in ("input", "input_data"):
        refuse(f"said.{kind}", "is not known")
    return {"input": value.encode(errors="surrogatepass") if kind == "input" else _data(value)}


def _terminal(value: object) -> Terminal:
    if not isinstance(value, dict) or not value.keys() <= {"rows", "columns"}:
        refuse("terminal", "must have rows and columns")
    rows = _number(value.get("rows"), "terminal.rows", _MAX_ROWS)
    return Terminal(rows, _number(value.get("columns"), "terminal.columns", _MAX_COLUMNS))


def _number(value: object, field: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        refuse(field, f"must be 1 to {most}")
    return value


def _data(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        refuse("said.input_data", "must be base64")

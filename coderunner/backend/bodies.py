"""What a page asks to be run: read from JSON, and bounded before the gateway hears of it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NoReturn, Self

from coderunner.backend.policy import Policy
from coderunner.backend.problems import BAD, TOO_LARGE, Problem
from coderunner.errors import Violation
from coderunner.task import Content, Limits

_MAX_LANGUAGE_CHARS = 64
_MAX_NAME_CHARS = 255
_MAX_ARGS = 64
_KNOWN = {"language", "language_version", "files", "entry_point", "stdin", "args", "limits", "idempotency_key"}
_LIMITS = {"cpu_ms", "wall_ms", "memory_bytes", "processes", "output_bytes", "disk_bytes", "open_files", "file_bytes"}


class Program:
    """A page's program, as ``Client.submit`` takes it, and the page's idempotency key."""

    def __init__(self, body: bytes, policy: Policy) -> None:
        """Raises Problem for what is no program, or more than readers may ask for."""
        self._read(object_of(body, policy.max_body_bytes), policy)

    @classmethod
    def of(cls, said: Mapping[str, Any], policy: Policy) -> Self:
        """The same of what was read from JSON before."""
        made = cls.__new__(cls)
        made._read(said, policy)
        return made

    def _read(self, said: Mapping[str, Any], policy: Policy) -> None:
        for name in said:
            if name not in _KNOWN:
                refuse(name[:_MAX_NAME_CHARS], "is not for a page: the blog alone decides that")
        self.language = _text(said, "language", _MAX_LANGUAGE_CHARS)
        if not policy.allows(self.language):
            refuse("language", "cannot be run here")
        self.source = _source(said.get("files"), policy.max_files)
        self.version = _text(said, "language_version", _MAX_LANGUAGE_CHARS)
        self.entry_point = _text(said, "entry_point", _MAX_NAME_CHARS)
        self.stdin = _text(said, "stdin", policy.max_body_bytes)
        self.args = _args(said.get("args", []))
        self.limits = _limits(said.get("limits", {}), policy)
        self.idempotency_key = _text(said, "idempotency_key", _MAX_NAME_CHARS)


def object_of(body: bytes, max_bytes: int) -> dict[str, Any]:
    """The object that the JSON is. Raises Problem."""
    if len(body) > max_bytes:
        raise Problem(TOO_LARGE, f"A program has at most {max_bytes} bytes here.")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise Problem(BAD, "The request is no JSON.") from None
    if not isinstance(said, dict):
        raise Problem(BAD, "The request is no object.")
    return said


def _source(files: object, max_files: int) -> dict[str, Content]:
    if not isinstance(files, list) or not 0 < len(files) <= max_files:
        refuse("files", f"must be 1 to {max_files} files")
    source: dict[str, Content] = {}
    for index, file in enumerate(files):
        path = f"files[{index}]"
        if not isinstance(file, dict) or not file.keys() <= {"name", "content", "data"}:
            refuse(path, "must have a name and content or data")
        name = _text(file, "name", _MAX_NAME_CHARS, path)
        if name in source:
            refuse(f"{path}.name", "is another file's, too")
        source[name] = _data(file["data"], path) if "data" in file else _text(file, "content", None, path)
    return source


def _data(value: object, path: str) -> bytes:
    if not isinstance(value, str):
        refuse(f"{path}.data", "must be a string")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        refuse(f"{path}.data", "must be base64")


def _args(given: object) -> list[str]:
    if not isinstance(given, list) or len(given) > _MAX_ARGS:
        refuse("args", f"must be at most {_MAX_ARGS} strings")
    return [_text({"args": one}, "args", None) for one in given]


def _limits(asked: object, policy: Policy) -> Limits:
    if not isinstance(asked, dict) or not asked.keys() <= _LIMITS:
        refuse("limits", f"must be an object with some of {', '.join(sorted(_LIMITS))}")
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in asked.values()):
        refuse("limits", "must be whole numbers")
    try:
        return policy.limits_for(asked)
    except ValueError as error:
        refuse(f"limits.{error}", "is more than readers may use")


def _text(said: Mapping[str, Any], name: str, max_chars: int | None, path: str = "") -> str:
    value = said.get(name, "")
    field = f"{path}.{name}" if path else name
    if not isinstance(value, str):
        refuse(field, "must be a string")
    if max_chars is not None and len(value) > max_chars:
        refuse(field, f"must have at most {max_chars} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        refuse(field, "must be text: it has half a surrogate pair")
    return value


def refuse(field: str, words: str) -> NoReturn:
    """Raises Problem."""
    raise Problem(BAD, f"{field} {words}", violations=[Violation(field, words)])

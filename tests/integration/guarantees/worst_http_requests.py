"""The worst requests that the API can be sent over HTTP: every field of a body, every parameter, at full size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import quote

import msgspec

from broker_gateway.interfaces.http.bodies import TaskBody
from broker_gateway.interfaces.http.queries import LIST_FIELDS
from broker_gateway.interfaces.http.reading import MAX_BYTES

FULL_BYTES = MAX_BYTES - 4096
JSON = {"Content-Type": "application/json"}
TEXTS = ("\n", "€")
"""Repeated to full size; what rules make of others is the same over gRPC, and tried there."""
_MANY = 1_000_000
_ID = "0193b9a0-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class WorstHttpRequest:
    """One request."""

    name: str
    verb: str
    path: str
    body: bytes = b""

    def __str__(self) -> str:
        return self.name


def worst_http_requests(language: str) -> Iterator[WorstHttpRequest]:
    """The worst of every route."""
    task = {"language": language, "files": [{"name": "main.txt", "content": "x"}]}
    for query in ("", "?wait=1"):
        for name, body in _texts():
            yield WorstHttpRequest(f"{query} {name}", "POST", f"/v1/executions{query}", body)
    for name, body in _texts():
        yield WorstHttpRequest(f"batch {name}", "POST", "/v1/executions:batch", body)
    for path in fields_of(TaskBody):
        for label, value in _worst_values():
            yield WorstHttpRequest(f"{'.'.join(path)} {label}", "POST", "/v1/executions", _with(task, path, value))
    for name in (*LIST_FIELDS, "wait", "unknown"):
        for value in ("9" * 7_000, "x" * 7_000, quote("€" * 700), "&" * 7_000):
            yield WorstHttpRequest(f"query {name}", "GET", f"/v1/executions?{name}={value}")
    for tail in ("", "/events", "/source", "/callback"):
        yield WorstHttpRequest(f"a long id{tail}", "GET", f"/v1/executions/{'x' * 60_000}{tail}")
        yield WorstHttpRequest(f"a strange id{tail}", "GET", f"/v1/executions/{'%00%2e%ff' * 5_000}{tail}")
    for place in ("1.0" + "/run/1/1" * 800, "9" * 7_000, "1.0/" + "case:9" * 1_000):
        yield WorstHttpRequest("a place", "GET", f"/v1/executions/{_ID}/events?last_event_id={place}")


def fields_of(body: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to each field of a type of bodies, nested ones included."""
    for name, kind in get_type_hints(body).items():
        if name.startswith("_"):
            continue
        yield (*path, name)
        for inner in _structs_of(kind):
            yield from fields_of(inner, (*path, name))


def _structs_of(kind: Any) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    elif get_origin(kind) is not None:
        for one in get_args(kind):
            yield from _structs_of(one)


def _texts() -> Iterator[tuple[str, bytes]]:
    """What is no task at all."""
    yield "empty tasks", b'{"tasks":[' + b"{}," * (FULL_BYTES // 3 - 20) + b"{}]}"
    yield "empty strings", b'{"tasks":[' + b'"",' * (FULL_BYTES // 3 - 20) + b'""]}'
    yield "brackets", b"[" * FULL_BYTES
    yield "braces", b'{"a":' * (FULL_BYTES // 5)
    yield "digits", b'{"queue_deadline_ms":' + b"9" * (FULL_BYTES - 40) + b"}"
    yield "a fraction", b'{"queue_deadline_ms":0.' + b"9" * (FULL_BYTES - 40) + b"e999999}"
    yield "spaces", b" " * FULL_BYTES
    yield "quotes", b'"' * FULL_BYTES
    yield "backslashes", b'{"language":"' + b"\\\\" * (FULL_BYTES // 2 - 20) + b'"}'
    yield "escapes", b'{"language":"' + b"\\u0041" * (FULL_BYTES // 6 - 20) + b'"}'
    yield "garbage", bytes(range(256)) * (FULL_BYTES // 256)
    yield "names", b"{" + b",".join(b'"%d":1' % number for number in range(300_000)) + b"}"
    yield "the same name", b"{" + b'"language":"x",' * (FULL_BYTES // 16) + b'"language":"x"}'


def _worst_values() -> Iterator[tuple[str, Any]]:
    for text in TEXTS:
        size = len(json.dumps(text, ensure_ascii=False).encode()) - 2
        yield f"{text!r} at full size", text * ((FULL_BYTES - 1024) // size)
    yield "many", ["x"] * 30_000
    yield "many empty", [{}] * 30_000
    yield "entries", {str(number): "x" for number in range(15_000)}
    yield "a number", 2**63
    yield "null", None


def _with(task: dict[str, Any], path: tuple[str, ...], value: Any) -> bytes:
    """The task with the value at the end of the path, and what leads there."""
    changed = dict(task)
    inner: dict[str, Any] = changed
    for name in path[:-1]:
        whole = {"language": task["language"], "files": task["files"], "url": "http://127.0.0.1:1/", "content": "x"}
        known = {"checker": ("language", "files"), "callback": ("url",), "files": ("content",)}.get(name, ())
        made: dict[str, Any] = {one: whole[one] for one in known}
        inner[name] = [made] if name in ("files", "cases") else made
        inner = made
    inner[path[-1]] = value
    return json.dumps(changed, ensure_ascii=False).encode()

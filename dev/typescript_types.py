"""The types of requests and answers for TypeScript, made of the gateway's OpenAPI document."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from broker_gateway.interfaces.http.blob_routes import BlobRoutes
from broker_gateway.interfaces.http.catalog_routes import CatalogRoutes
from broker_gateway.interfaces.http.execution_routes import EXECUTIONS, ExecutionRoutes
from broker_gateway.interfaces.http.openapi import document
from broker_gateway.interfaces.http.said_bodies import InteractEvent, InteractMessage
from schemas.execution import OutputChunk

HEAD = "// Written by `python -m dev.typescript_sdk` from the gateway's OpenAPI document; a test holds them together.\n"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_WIDTH = 116


def types() -> str:
    """The text of the module of types."""
    described = api()
    shapes = {**described["components"]["schemas"], **_events()}
    parts = [_declared(name, shape) for name, shape in shapes.items()]
    listed = described["paths"][EXECUTIONS]["get"]["parameters"]
    return "\n".join([HEAD, *parts, _filter(listed)])


def api() -> dict[str, Any]:
    """The document, of no version."""
    nobody = cast("Any", None)  # the handlers are named, and none is called
    routes = (ExecutionRoutes(nobody, nobody, nobody), CatalogRoutes(nobody), BlobRoutes(nobody, nobody))
    return document([operation for each in routes for operation in each.operations()], "")


def _events() -> dict[str, Any]:
    """What streams and WebSockets tell and are told: OpenAPI has no words for it."""
    kinds = [OutputChunk, InteractMessage, InteractEvent]
    _, components = msgspec.json.schema_components(kinds, ref_template="#/{name}")
    return components


def _declared(name: str, shape: Mapping[str, Any]) -> str:
    about = _comment(shape.get("description", ""))
    if "enum" in shape:
        return f"{about}export type {name} = {typed(shape)};\n"
    fields = "".join(_fields(shape["properties"], shape["required"]))
    return f"{about}export interface {name} {{\n{fields}}}\n"


def _fields(properties: Mapping[str, Any], required: list[str]) -> Iterator[str]:
    for name, shape in properties.items():
        about = textwrap.indent(_comment(shape.get("description", "")), "  ")
        yield f"{about}  {name}{'' if name in required else '?'}: {typed(shape)};\n"


def typed(shape: Mapping[str, Any]) -> str:
    """The type of what has this JSON schema."""
    if "$ref" in shape:
        return str(shape["$ref"].rpartition("/")[2])
    if "anyOf" in shape:
        return " | ".join(typed(one) for one in shape["anyOf"])
    if "enum" in shape:
        return " | ".join(f"'{value}'" for value in shape["enum"])
    if shape["type"] == "array":
        inner = typed(shape["items"])
        return f"Array<{inner}>" if " " in inner else f"{inner}[]"
    if shape["type"] == "object":
        return f"Record<string, {typed(shape['additionalProperties'])}>"
    return _PLAIN[shape["type"]]


def _filter(parameters: list[dict[str, Any]]) -> str:
    lines = ["/** Which tasks are listed. */", "export interface ListFilter {"]
    for one in parameters:
        many = one["schema"]["type"] == "array"
        kind = "string | readonly string[]" if many else typed(one["schema"])
        lines += [f"  /** {_words(one['description'])} */", f"  {one['name']}?: {kind};"]
    return "\n".join([*lines, "}", ""])


def _comment(text: str) -> str:
    if not text:
        return ""
    lines = textwrap.wrap(_words(text), _WIDTH)
    return "/** " + "\n * ".join(lines) + " */\n"


def _words(text: str) -> str:
    return " ".join(text.replace("``", "`").replace("*/", "* /").split())


def version_of(package: str, version: str) -> str:
    """The text of ``package.json``, with this version."""
    before, _, rest = package.partition('"version": ')
    return before + '"version": ' + json.dumps(version) + rest[rest.index(",") :]

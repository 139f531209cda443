"""The OpenAPI document of the API, made of its operations: https://spec.openapis.org/oas/v3.1.0"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from broker_gateway.interfaces.http.operations import Operation, Parameter
from broker_gateway.interfaces.http.problems import MEDIA_TYPE, Problem

_REF = "#/components/schemas/{name}"
_ABOUT = (
    "Runs snippets in locked-down containers. The same use cases, errors, keys, roles and quotas as over gRPC; names "
    "and meanings of fields are those of its messages."
)
_LICENSE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
_OCTETS = "application/octet-stream"
_BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
_TOKEN = {"type": "http", "scheme": "bearer", "description": "an API key, or another token of this gateway"}


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The document. ``version``: of the product."""
    types = [*_types(operations), Problem]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    known = dict(zip(types, schemas, strict=True))
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.verb.lower()] = _operation(operation, known)
    shown = {"description": "Why it was not served", "content": {MEDIA_TYPE: {"schema": known[Problem]}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "CodeRunner", "version": version, "description": _ABOUT, "license": _LICENSE},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": _TOKEN},
            "responses": {"Problem": shown},
        },
    }


def _types(operations: Sequence[Operation]) -> list[Any]:
    found: dict[Any, None] = {}
    for operation in operations:
        for body in (operation.body, *operation.answers.values()):
            for one in body if isinstance(body, tuple) else (body,):
                if one is not None and not isinstance(one, str):
                    found[one] = None
    return list(found)


def _operation(operation: Operation, known: dict[Any, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): _answer(status, body, known) for status, body in operation.answers.items()
    }
    told: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "parameters": [_parameter(one) for one in operation.parameters],
        "responses": {**responses, "default": {"$ref": "#/components/responses/Problem"}},
    }
    if isinstance(operation.body, str):
        told["requestBody"] = {"required": True, "content": {operation.body: {"schema": _BINARY}}}
    elif operation.body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": known[operation.body]}}}
    return told


def _answer(status: int, body: Any, known: dict[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if isinstance(body, str):
        schema = _BINARY if body == _OCTETS else {"type": "string"}
        told["content"] = {body: {"schema": schema}}
    elif body is not None:
        schema = {"anyOf": [known[one] for one in body]} if isinstance(body, tuple) else known[body]
        told["content"] = {"application/json": {"schema": schema}}
    return told


def _parameter(parameter: Parameter) -> dict[str, Any]:
    told = {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.description,
        "schema": parameter.schema,
    }
    return {**told, "required": True} if parameter.where == "path" else told

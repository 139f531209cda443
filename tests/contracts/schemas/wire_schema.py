"""The JSON schema of everything that crosses the bus or etcd. ``python -m tests.contracts.schemas.wire_schema`` renews
the golden file."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import msgspec

import schemas

GOLDEN = Path(__file__).with_name("golden.json")


def wire_types() -> list[type[msgspec.Struct]]:
    """Every message type of ``schemas``, so that none can be left out."""
    modules = [import_module(f"schemas.{found.name}") for found in iter_modules(schemas.__path__)]
    found = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one is not msgspec.Struct
    }
    return sorted(found, key=lambda one: one.__name__)


def wire_schema() -> str:
    """As it stands in the golden file: without the prose, which may change freely."""
    _, components = msgspec.json.schema_components(wire_types())
    return json.dumps(_without_prose(components), indent=2, sort_keys=True) + "\n"


def _without_prose(schema: Any) -> Any:
    """Only a text is a description: a field may have that name."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key != "description" or not isinstance(value, str)}
        return {key: _without_prose(value) for key, value in kept.items()}
    return [_without_prose(one) for one in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    GOLDEN.write_text(wire_schema(), encoding="utf-8")

"""The rules by which two versions of a message fit together (docs/adr/0027): what a later one may change, so that each
side reads what the other writes. Works on JSON schemas as msgspec makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
Pair = tuple[str, str]
_BOUNDS = ("type", "enum", "const", "items", "additionalProperties", "anyOf", "format", "default")
"""All that a schema says of a value that is no message."""


def breaks(then: Schema, now: Schema, then_types: Schema, now_types: Schema) -> list[str]:
    """What of the schema ``now`` does not fit together with ``then``, in words; ``…_types`` are the definitions that
    their ``$ref`` name. Types are told apart by what they hold, and not by how they are called."""
    return list(_compare(then, now, "", then_types, now_types, set()))


def _compare(
    then: Schema, now: Schema, path: str, then_types: Schema, now_types: Schema, seen: set[Pair]
) -> Iterator[str]:
    pair = (_name(then), _name(now))
    if all(pair):
        if pair in seen:
            return
        seen.add(pair)
    then, now = _resolved(then, then_types), _resolved(now, now_types)
    if "properties" in then and "properties" in now:
        yield from _compare_messages(then, now, path, then_types, now_types, seen)
        return
    for bound in _BOUNDS:
        before, after = then.get(bound), now.get(bound)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _compare(before, after, f"{path}[]", then_types, now_types, seen)
        elif bound == "anyOf" and before and after and len(before) == len(after):
            for one, other in zip(before, after, strict=True):
                yield from _compare(one, other, path, then_types, now_types, seen)
        elif before != after:
            yield f"{path or 'the message'}: {bound} was {before}, and is {after}"


def _compare_messages(
    then: Schema, now: Schema, path: str, then_types: Schema, now_types: Schema, seen: set[Pair]
) -> Iterator[str]:
    before, after = then["properties"], now["properties"]
    for name in sorted(set(now.get("required", ())) - set(then.get("required", ()))):
        yield f"{_below(path, name)}: older messages need not have it, and it has no default"
    if now.get("additionalProperties", True) is not True:
        yield f"{path or 'the message'}: fields of a later version are refused"
    for name in sorted(before):
        if name not in after:
            yield f"{_below(path, name)}: is gone"
        else:
            yield from _compare(before[name], after[name], _below(path, name), then_types, now_types, seen)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _name(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _resolved(schema: Schema, types: Schema) -> Schema:
    """The definition in place of its name. Beside a ``$ref`` only a default may stand, which is kept."""
    name = _name(schema)
    found: Schema = (
        {**types[name], **{key: value for key, value in schema.items() if key != "$ref"}} if name else schema
    )
    return found

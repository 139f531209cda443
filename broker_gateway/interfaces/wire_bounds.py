"""The bounds of a request as it comes off the wire, looked at before anything is made of it.

A byte or two can be a whole message: two megabytes may be a million empty tasks, which cost a second to decode and a
gigabyte to hold. So the fields are counted first, along the nesting of the request's own type, and the count ends where
there are too many. Source of the format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

MAX_FIELDS = 32_768
"""Of one request, nested ones included: all that a thousand tasks of a batch need, decoded in less than 5 ms."""
QUICK_FIELDS = 2_048
"""Counted in less than 2 ms, on the loop; more are counted off it."""
SMALL_BYTES = 2 * QUICK_FIELDS
"""A field has at least two bytes: a request up to this size has no more than those."""
QUICK_BYTES = 256 << 10
"""Decoded in less than half a millisecond, on the loop; what is larger is decoded off it."""
MAX_QUERY_BYTES = 64 << 10
"""The largest request of a method that submits nothing: an id, a filter."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10
_GOES_ON = 0x80
"""The bit that says that a number has another byte."""
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}


@dataclass(slots=True, eq=False)
class Shape:
    """The nesting of a message type: field number to the type of that field, where it is a message. ``packed`` are the
    fields of many numbers, which come as one field of a byte or more for each number."""

    name: str
    nested: dict[int, Shape] = field(default_factory=dict)
    packed: set[int] = field(default_factory=set)


def shape_of(descriptor: Any, known: dict[str, Shape] | None = None) -> Shape:
    """The shape of a message type by its descriptor; types may contain themselves."""
    known = {} if known is None else known
    if descriptor.full_name in known:
        return known[descriptor.full_name]
    shape = known[descriptor.full_name] = Shape(descriptor.full_name)
    for one in descriptor.fields:
        if one.message_type is not None:
            shape.nested[one.number] = shape_of(one.message_type, known)
        elif one.label == FieldDescriptor.LABEL_REPEATED and one.cpp_type != FieldDescriptor.CPPTYPE_STRING:
            shape.packed.add(one.number)
    return shape


def has_few_fields(data: bytes, shape: Shape, max_fields: int = MAX_FIELDS) -> bool:
    """False where the message has more than ``max_fields`` fields, each byte of packed numbers being one, and where it
    is malformed or has groups, which no message of ours has. Linear, and never more than ``max_fields`` steps."""
    fields = 0
    inside: list[tuple[int, int, Shape]] = [(0, len(data), shape)]
    try:
        while inside:
            position, end, shape = inside.pop()
            while position < end:
                fields += 1
                if fields > max_fields:
                    return False
                tag, position = data[position], position + 1
                if tag >= _GOES_ON:
                    tag, position = _varint(data, position - 1)
                kind = tag & 7
                if kind == _VARINT:
                    _, position = _varint(data, position)
                elif kind == _BYTES:
                    size, position = data[position], position + 1
                    if size >= _GOES_ON:
                        size, position = _varint(data, position - 1)
                    nested = shape.nested.get(tag >> 3)
                    fields += size if tag >> 3 in shape.packed else 0
                    if nested is not None and size:
                        inside.append((position, min(position + size, end), nested))
                    position += size
                else:
                    position += _FIXED_BYTES[kind]
    except (IndexError, KeyError):
        return False
    return fields <= max_fields


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at ``position`` and the position after it. Raises IndexError at the end of the data."""
    value = 0
    for index in range(_MAX_VARINT_BYTES):
        byte = data[position + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < _GOES_ON:
            return value, position + index + 1
    raise IndexError

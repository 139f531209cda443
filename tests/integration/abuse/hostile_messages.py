"""Strategies for what strangers may send: requests made from the proto's own descriptors, and bytes with faults in
them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import strategies as st

_FEW = 4
_EDGES = (0, 1, -1, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**63 - 1, -(2**63), 2**64 - 1)
_INTEGERS: dict[int, tuple[int, int]] = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def requests(descriptor: Any, words: list[str]) -> st.SearchStrategy[bytes]:
    """Encoded messages of this type: well-formed ones, and such with faults. ``words`` are texts that mean something
    to who reads them."""
    return messages(descriptor, words).map(lambda made: made.SerializeToString()).flatmap(with_faults)


def messages(descriptor: Any, words: list[str]) -> st.SearchStrategy[Any]:
    """Messages of this type, any of their fields set to anything of its type."""
    made = message_factory.GetMessageClass(descriptor)
    fields = {field.name: _field(field, words) for field in descriptor.fields}
    return st.fixed_dictionaries({}, optional=fields).map(lambda values: made(**values))


def with_faults(data: bytes) -> st.SearchStrategy[bytes]:
    """As it is, or cut off, or with bytes changed or put in between."""
    if not data:
        return st.one_of(st.just(data), st.binary(max_size=64))
    places = st.integers(0, len(data) - 1)
    changed = st.builds(_changed, st.just(data), st.lists(st.tuples(places, st.binary(max_size=8)), max_size=_FEW))
    return st.one_of(st.just(data), st.just(data), changed, places.map(lambda end: data[:end]))


def texts(words: list[str]) -> st.SearchStrategy[str]:
    """Words that mean something, and any text that UTF-8 can say."""
    return st.one_of(st.sampled_from(["", *words]), st.text(st.characters(exclude_categories=["Cs"]), max_size=300))


def _changed(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    changed = bytearray(data)
    for place, piece in changes:
        changed[place : place + 1] = piece
    return bytes(changed)


def _field(field: FieldDescriptor, words: list[str]) -> st.SearchStrategy[Any]:
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        key, value = (_one(entry.fields_by_name[part], words) for part in ("key", "value"))
        return st.dictionaries(key, value, max_size=_FEW)
    if field.is_repeated:
        return st.lists(_one(field, words), max_size=_FEW)
    return _one(field, words)


def _one(field: FieldDescriptor, words: list[str]) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return messages(field.message_type, words)
    if field.cpp_type in _INTEGERS:
        least, most = _INTEGERS[field.cpp_type]
        known = [one.number for one in field.enum_type.values] if field.enum_type is not None else []
        edges = [edge for edge in (*known, *_EDGES) if least <= edge <= most]
        return st.one_of(st.sampled_from(edges), st.integers(least, most))
    plain: dict[int, Callable[[], st.SearchStrategy[Any]]] = {
        FieldDescriptor.CPPTYPE_BOOL: st.booleans,
        FieldDescriptor.CPPTYPE_DOUBLE: st.floats,
        FieldDescriptor.CPPTYPE_FLOAT: lambda: st.floats(width=32),
    }
    if field.cpp_type in plain:
        return plain[field.cpp_type]()
    return st.binary(max_size=300) if field.type == FieldDescriptor.TYPE_BYTES else texts(words)

"""Objects with every field filled, made from their types alone, and the flat view in which they are compared.

No two filled values are alike, so that a field that is mapped to another's place is found as well as one that is lost.
"""

from __future__ import annotations

import dataclasses
import itertools
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

import msgspec
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

Fields = frozenset[str]
Leaves = dict[str, object]
"""Path, such as ``cases[0].name``, to value."""
Descriptor = Any
"""Of a message's field: protobuf has two implementations, and two types, of it."""


def field_names(kind: Any) -> Fields:
    """Of a struct, a dataclass, a typed dictionary or a protobuf message."""
    if isinstance(kind, type) and issubclass(kind, Message):
        return frozenset(kind.DESCRIPTOR.fields_by_name)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return frozenset(kind.__struct_fields__)
    if dataclasses.is_dataclass(kind):
        return frozenset(field.name for field in dataclasses.fields(kind))
    return frozenset(kind.__annotations__)


class Filler:
    """Makes objects of any of these kinds. ``given`` says what a field of that name gets instead."""

    def __init__(self, **given: object) -> None:
        self._given = given
        self._number = itertools.count(1)

    def filled(self, kind: Any) -> Any:
        if isinstance(kind, type) and issubclass(kind, Message):
            return self._message(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return list(kind)[-1]
        if dataclasses.is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            hints = typing.get_type_hints(kind)
            return kind(**{name: self._field(name, hints[name]) for name in field_names(kind)})  # type: ignore[operator]
        return self._generic(kind)

    def _field(self, name: str, kind: Any) -> object:
        return self._given[name] if name in self._given else self.filled(kind)

    def _generic(self, kind: Any) -> Any:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Literal:
            return arguments[-1]
        if origin in (typing.Union, types.UnionType):
            if set(arguments) >= {str, bytes} and not any(map(typing.get_origin, arguments)):
                return self.filled(str)  # a content, which is text wherever it can be
            return self.filled([one for one in arguments if one is not type(None)][-1])
        if origin is not None and issubclass(origin, Mapping):
            return {self.filled(arguments[0]): self.filled(arguments[1])}
        if origin is not None:
            return origin([self.filled(arguments[0])]) if origin in (list, tuple) else [self.filled(arguments[0])]
        return self._scalar(kind)

    def _scalar(self, kind: type) -> object:
        number = next(self._number)
        make: dict[type, Callable[[], object]] = {
            str: lambda: f"text-{number}",
            int: lambda: number,
            float: lambda: number + 0.5,
            bool: lambda: True,
            bytes: lambda: f"bytes-{number}\xff".encode("latin-1"),
        }
        return make[kind]()

    def _message(self, kind: type[Message]) -> Message:
        message = kind()
        fields: list[Descriptor] = list(kind.DESCRIPTOR.fields)
        for field in fields:
            if _is_second_choice(field):
                continue
            if _is_map(field):
                getattr(message, field.name)[self._of(field, "key")] = self._of(field, "value")
            elif field.message_type is not None:
                target = getattr(message, field.name)
                made = self._message(GetMessageClass(field.message_type))
                target.append(made) if field.is_repeated else target.CopyFrom(made)
            elif field.is_repeated:
                getattr(message, field.name).append(self._value(field))
            else:
                setattr(message, field.name, self._value(field))
        return message

    def _of(self, field: Descriptor, part: str) -> Any:
        return self._value(field.message_type.fields_by_name[part])

    def _value(self, field: Descriptor) -> object:
        if field.enum_type is not None:
            return field.enum_type.values[-1].number
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self._scalar(bytes)
        kinds = {
            FieldDescriptor.CPPTYPE_STRING: str,
            FieldDescriptor.CPPTYPE_BOOL: bool,
            FieldDescriptor.CPPTYPE_DOUBLE: float,
        }
        return self._scalar(kinds.get(field.cpp_type, int))


def _is_second_choice(field: Descriptor) -> bool:
    """One of a ``oneof`` that is not its first: only one of them can be set. (What is optional is no such choice.)"""
    choice = field.containing_oneof
    return choice is not None and not choice.name.startswith("_") and choice.fields[0].name != field.name


def unset(message: Message, path: str = "") -> Iterator[str]:
    """Paths of the fields of a message, and of those within it, that have no value."""
    present = {field.name: value for field, value in message.ListFields()}
    for field in message.DESCRIPTOR.fields:
        if field.name not in present and not _is_second_choice(field):
            yield f"{path}{field.name}"
        elif field.name in present and field.message_type is not None and not _is_map(field):
            inner = present[field.name]
            for one in inner if field.is_repeated else [inner]:
                yield from unset(one, f"{path}{field.name}.")


def leaves(thing: Any) -> Leaves:
    """Every value of an object with its path. Enumerations are told by name, in capitals."""
    return dict(_walk(_plain(thing), ""))


def _walk(value: Any, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{index}]")
    else:
        yield path, value


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return {field.name: _plain_field(field, inner) for field, inner in value.ListFields()}
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return dict(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _plain_field(field: Descriptor, value: Any) -> Any:
    if _is_map(field):
        return dict(value)
    if field.enum_type is not None:
        names = field.enum_type.values_by_number
        return [names[one].name for one in value] if field.is_repeated else names[value].name
    return [_plain(one) for one in value] if field.is_repeated else _plain(value)


def _is_map(field: Descriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)

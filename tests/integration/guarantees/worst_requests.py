"""The worst requests that the API can be sent: made from the proto's own descriptors, so that no field is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from broker_gateway.interfaces.server import SERVICES, GrpcSettings
from coderunner.v1 import blobs_pb2, catalog_pb2, execution_pb2, operations_pb2
from coderunner.v1 import execution_pb2 as pb

FULL_BYTES = GrpcSettings().max_receive_bytes - 4096
"""The largest request that the server takes, less what stands around a field."""
TEXTS = ("x", "/a", "a/", "\n", "\x01", "import ", "1.", "\u20ac")
"""Repeated to full size: what rules on paths, lines, names, versions and encodings stumble over."""
_PROTOS = (blobs_pb2, execution_pb2, catalog_pb2, operations_pb2)
_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class WorstRequest:
    """One request at full size."""

    name: str
    method: str
    """Path of the gRPC method."""
    body: bytes

    def __str__(self) -> str:
        return self.name


def methods() -> Iterator[MethodDescriptor]:
    """Every method that the gateway serves."""
    for service in SERVICES:
        for proto in _PROTOS:
            found = proto.DESCRIPTOR.services_by_name.get(service.rpartition(".")[2])
            if found is not None:
                yield from found.methods


def worst_requests(language: str) -> Iterator[WorstRequest]:
    """The worst of every field of every method's request."""
    for method in methods():
        path = f"/{method.containing_service.full_name}/{method.name}"
        for name, body in _worst_bodies(method.input_type, language):
            yield WorstRequest(f"{method.name} {name}", path, body)


def fields_of(message: Any, path: tuple[FieldDescriptor, ...] = ()) -> Iterator[tuple[FieldDescriptor, ...]]:
    """The way to each field of a message, nested ones included."""
    for field in message.fields:
        yield (*path, field)
        if field.message_type is not None and not _is_map(field):
            yield from fields_of(field.message_type, (*path, field))


def _worst_bodies(message: Any, language: str) -> Iterator[tuple[str, bytes]]:
    yield "unknown fields", b"\x9a\x06\x00" * (FULL_BYTES // 3)
    yield "groups", b"\x0b" * FULL_BYTES
    yield "garbage", bytes(range(256)) * (FULL_BYTES // 256)
    for path in fields_of(message):
        name = ".".join(field.name for field in path)
        for label, value in _worst_values(path[-1]):
            yield f"{name} {label}", _around(path, value, language)


def _worst_values(field: FieldDescriptor) -> Iterator[tuple[str, bytes]]:
    """Encoded occurrences of the field itself."""
    key = field.number << 3
    if field.type in (FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        tag = _varint(key | 2)
        empty = tag + b"\x00"
        yield "a million times", empty * min(_MANY, FULL_BYTES // len(empty))
        if _is_map(field):
            yield "many entries", b"".join(_sized(tag, _sized(b"\x0a", f"{n}".encode())) for n in range(200_000))
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            for text in TEXTS:
                unit = text.encode()
                yield f"{text!r} at full size", _sized(tag, unit * (FULL_BYTES // len(unit)))
    elif field.type == FieldDescriptor.TYPE_DOUBLE:
        yield "not a number", _varint(key | 1) + b"\xff" * 8
    else:
        yield "at most", _varint(key) + _varint(2**64 - 1)
        packed = b"\x07" * FULL_BYTES
        yield "packed", _sized(_varint(key | 2), packed)


def _around(path: tuple[FieldDescriptor, ...], value: bytes, language: str) -> bytes:
    """The value inside the messages that lead to it, each of them complete but for it."""
    for field in reversed(path[:-1]):
        value = _sized(_varint(field.number << 3 | 2), _complete(field.message_type, language) + value)
    return value


def _complete(message: Any, language: str) -> bytes:
    """What a message of this type has beside the field in question, so that it is looked at at all."""
    complete: dict[str, Any] = {
        pb.Task.DESCRIPTOR.full_name: pb.Task(language=language, files=[pb.File(name="main.txt", content="x")]),
        pb.Checker.DESCRIPTOR.full_name: pb.Checker(language=language, files=[pb.File(content="x")]),
    }
    made = complete.get(message.full_name)
    encoded: bytes = made.SerializeToString() if made is not None else b""
    return encoded


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])

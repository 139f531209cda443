"""The reference of the gRPC API, made from the proto files and their comments by protoc."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import grpc_tools
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
    SourceCodeInfo,
)
from grpc_tools import protoc

from dev.paths import REPOSITORY

_PROTO = REPOSITORY / "proto"
_PACKAGE = "coderunner.v1"
_FILES = ("execution", "catalog", "callback", "operations", "keys", "nodes")
"""In the order in which a reader needs them."""
_PACKAGE_TAG, _MESSAGE_TAG, _ENUM_TAG, _SERVICE_TAG = 2, 4, 5, 6
_FIELD_TAG, _NESTED_TAG, _INNER_ENUM_TAG, _VALUE_TAG, _METHOD_TAG = 2, 3, 4, 2, 2
_MAPS = FieldDescriptorProto.Type.Value("TYPE_MESSAGE")
_REPEATED = FieldDescriptorProto.Label.Value("LABEL_REPEATED")

Place = tuple[int, ...]
"""Where something is declared in its file: tags and indices, as protoc's source info has them."""
Comments = Mapping[Place, str]

_HEAD = """\
# gRPC reference

Made from the files in `proto/coderunner/v1`, with their comments. The package is `coderunner.v1`.
Beside it the server has `grpc.health.v1` and reflection. Roles are
in [operations](../operations.md#who-may-call-and-what), bounds in [sizes](../sizes.md); Python has [the SDK](sdk.md).
"""


def descriptors() -> list[FileDescriptorProto]:
    """The proto files with their comments, in the reader's order. Raises RuntimeError where protoc refuses them."""
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "all.pb"
        well_known = Path(grpc_tools.__file__).parent / "_proto"
        sources = [f"{_PACKAGE.replace('.', '/')}/{name}.proto" for name in _FILES]
        options = ["--include_source_info", f"--descriptor_set_out={output}", f"-I{_PROTO}", f"-I{well_known}"]
        if protoc.main(["protoc", *options, *sources]) != 0:
            raise RuntimeError("protoc refused the files of proto/")
        return list(FileDescriptorSet.FromString(output.read_bytes()).file)


def page() -> str:
    """The whole reference as Markdown."""
    return "\n".join([_HEAD, *(_file(one) for one in descriptors())])


def _file(file: FileDescriptorProto) -> str:
    locations: Sequence[SourceCodeInfo.Location] = file.source_code_info.location
    comments = {tuple(at.path): _words(at.leading_comments or at.trailing_comments) for at in locations}
    detached = [_words(word) for at in locations for word in at.leading_detached_comments]
    about = [word for word in [*detached, comments.get((_PACKAGE_TAG,), "")] if word]
    parts = [f"## {Path(file.name).name}", *about]
    parts += [_service(one, (_SERVICE_TAG, at), comments) for at, one in enumerate(file.service)]
    for at, message in enumerate(file.message_type):
        parts += _message(message, message.name, (_MESSAGE_TAG, at), comments)
    parts += [_enum(one, one.name, (_ENUM_TAG, at), comments) for at, one in enumerate(file.enum_type)]
    return "\n\n".join(parts) + "\n"


def _service(service: ServiceDescriptorProto, path: Place, comments: Comments) -> str:
    rows = []
    for at, method in enumerate(service.method):
        asks, answers = _link(method.input_type), _link(method.output_type)
        stream = "stream of " if method.server_streaming else ""
        rows.append(f"| `{method.name}` | {asks} | {stream}{answers} | {_cell(comments, (*path, _METHOD_TAG, at))} |")
    head = f"### {service.name} {{ #{service.name.lower()} }}"
    table = "\n".join(["| method | asks | answers | |", "| --- | --- | --- | --- |", *rows])
    return "\n\n".join(part for part in (head, comments.get(path, ""), table) if part)


def _message(message: DescriptorProto, name: str, path: Place, comments: Comments) -> Iterator[str]:
    """The message's own table, then those of what is declared in it. Entries of maps are no messages to a reader."""
    maps = {one.name: one for one in message.nested_type if one.options.map_entry}
    rows = []
    for at, field in enumerate(message.field):
        meaning = _cell(comments, (*path, _FIELD_TAG, at))
        rows.append(f"| `{field.name}` | {_type(field, message, maps)} | {field.number} | {meaning} |")
    table = ["| field | type | number | |", "| --- | --- | --- | --- |", *rows] if rows else ["No fields."]
    parts = (f"### {name} {{ #{name.lower()} }}", comments.get(path, ""), "\n".join(table))
    yield "\n\n".join(part for part in parts if part)
    for at, inner in enumerate(message.enum_type):
        yield _enum(inner, f"{name}.{inner.name}", (*path, _INNER_ENUM_TAG, at), comments)
    for at, nested in enumerate(message.nested_type):
        if nested.name not in maps:
            yield from _message(nested, f"{name}.{nested.name}", (*path, _NESTED_TAG, at), comments)


def _enum(enum: EnumDescriptorProto, name: str, path: Place, comments: Comments) -> str:
    rows = [
        f"| `{value.name}` | {value.number} | {_cell(comments, (*path, _VALUE_TAG, at))} |"
        for at, value in enumerate(enum.value)
    ]
    table = "\n".join(["| value | number | |", "| --- | --- | --- |", *rows])
    head = f"### {name} {{ #{name.lower()} }}"
    return "\n\n".join(part for part in (head, comments.get(path, ""), table) if part)


def _type(field: FieldDescriptorProto, message: DescriptorProto, maps: Mapping[str, DescriptorProto]) -> str:
    entry = maps.get(field.type_name.rpartition(".")[2]) if field.type == _MAPS else None
    if entry is not None:
        return f"map of {_type(entry.field[0], entry, {})} to {_type(entry.field[1], entry, {})}"
    plain = _link(field.type_name) if field.type_name else _scalar(field)
    if field.label == _REPEATED:
        return f"repeated {plain}"
    if field.proto3_optional:
        return f"optional {plain}"
    if field.HasField("oneof_index"):
        return f"{plain}, one of `{message.oneof_decl[field.oneof_index].name}`"
    return plain


def _scalar(field: FieldDescriptorProto) -> str:
    return f"`{FieldDescriptorProto.Type.Name(field.type).removeprefix('TYPE_').lower()}`"


def _link(type_name: str) -> str:
    """Types of ours lead to their tables."""
    name = type_name.lstrip(".")
    ours = name.removeprefix(f"{_PACKAGE}.")
    return f"`{name}`" if ours == name else f"[`{ours}`](#{ours.lower()})"


def _words(comment: str) -> str:
    """A comment as one paragraph of Markdown for each paragraph of its own."""
    paragraphs = "\n".join(line.strip() for line in comment.strip().splitlines()).split("\n\n")
    return "\n\n".join(paragraph.replace("\n", " ").replace("<", "&lt;") for paragraph in paragraphs)


def _cell(comments: Comments, path: Place) -> str:
    return comments.get(path, "").replace("\n\n", " ").replace("|", "&#124;")

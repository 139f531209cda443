"""The files that a program left, as an assistant is given them."""

from __future__ import annotations

import base64
import struct
import zlib

import pytest
from mcp import Client
from mcp.types import EmbeddedResource, ImageContent, TextResourceContents

from coderunner.cli.mcp.bounds import PICTURE_BYTES, Bounds
from coderunner.cli.mcp.left_files import left_files
from coderunner.cli.mcp.server import server
from coderunner.client import Client as Gateway
from coderunner.model import Execution
from coderunner.output_file import OutputFile
from coderunner.status import Status
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script


def png(width: int = 1, height: int = 1, more: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0")
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", pixels), chunk(b"tEXt", more), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def a_file(name: str = "out/a.png", data: bytes | None = None, kind: str = "image/png") -> OutputFile:
    return OutputFile(name, len(data or b""), kind, data=data)


def given(*files: OutputFile, output_chars: int = 100) -> list[bool]:
    execution = Execution(id="t", status=Status.SUCCEEDED, files=files)
    told, contents = left_files(execution, Bounds(output_chars=output_chars))
    assert len(contents) == sum(one.given for one in told)
    return [one.given for one in told]


async def test_pictures_are_shown_texts_are_resources_and_the_rest_is_named(gateway: FakeGateway) -> None:
    picture = png()
    left = [("out/a.png", "image/png", picture), ("out/\u00e4 b.csv", "text/csv", b"1,2\n"), ("out/c", "x/y", b"\0")]
    result = ran("")
    result.files.extend(
        execution_pb2.OutputFile(name=name, media_type=kind, size=len(data), data=data) for name, kind, data in left
    )
    gateway.script = lambda task: Script(result)
    async with Gateway(gateway.target) as client, Client(server(client, Bounds())) as assistant:
        files = {"main.py": "import a", "data.bin": {"base64": base64.b64encode(b"\xff\0").decode()}}
        told = await assistant.call_tool("run_code", {"language": "python", "files": files, "entry_point": "main.py"})
    text, image, resource = told.content
    assert isinstance(image, ImageContent)
    assert (image.mime_type, base64.b64decode(image.data)) == ("image/png", picture)
    assert isinstance(resource, EmbeddedResource)
    assert isinstance(resource.resource, TextResourceContents)
    assert (resource.resource.text, resource.resource.mime_type) == ("1,2\n", "text/csv")
    assert resource.resource.uri == f"coderunner:///{told.structured_content['task_id']}/out/%C3%A4%20b.csv"
    assert text.type == "text"
    assert "file out/c: x/y, 1 bytes, not shown\n" in text.text
    assert [one["given"] for one in told.structured_content["files"]] == [True, True, False]
    (request,) = gateway.of("Submit")
    assert [one.data for one in request.task.files if one.name == "data.bin"] == [b"\xff\0"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        png()[:-1],
        png()[:20],
        png(0),
        png(8001, 1),
        png(1, 0xFFFFFFFF),
        png(more=b"x" * PICTURE_BYTES),
        None,
    ],
    ids=["empty", "a text", "cut", "cut in its head", "no width", "too wide", "too high", "too large", "not there"],
)
def test_what_is_no_whole_picture_of_a_usual_size_is_named_alone(data: bytes | None) -> None:
    assert given(a_file(data=data), a_file(data=png())) == [False, True]


def test_pictures_and_texts_are_bounded_together_and_so_are_names() -> None:
    assert given(*[a_file(data=png())] * 9) == [True] * 8 + [False]
    assert given(
        a_file(data=png(more=b"x" * (PICTURE_BYTES // 2))), *[a_file(data=png(more=b"x" * (1 << 19)))] * 2
    ) == [
        True,
        False,
        False,
    ]
    text = a_file("out/a.txt", b"x" * 60, "text/plain")
    assert given(text, text, a_file("out/b.txt", b"x" * 40, "text/plain")) == [True, False, True]
    assert given(a_file("out/b.txt", b"\xff", "text/plain")) == [False]
    assert len(given(*[text] * 64)) == 20


def test_a_name_that_no_message_can_say_is_told_in_other_characters() -> None:
    file = a_file("out/\ud800" + "n" * 1000, b"x", "text/" + "m" * 1000)
    (told,), (content,) = left_files(Execution(id="t", status=Status.SUCCEEDED, files=(file,)), Bounds())
    assert len(told.name) < 600
    assert content.model_dump_json().encode()

"""The files that a program left, as an assistant is given them: pictures to look at, and texts to read. Names and
contents are the program's."""

from __future__ import annotations

import base64
import struct
from urllib.parse import quote

from mcp.types import ContentBlock, EmbeddedResource, ImageContent, TextResourceContents

from coderunner.cli.mcp.answers import LeftFile
from coderunner.cli.mcp.bounds import ITEMS, PICTURE_BYTES, PICTURE_PIXELS, PICTURES, Bounds, few_words
from coderunner.model import Execution
from coderunner.output_file import OutputFile

_PNG = "image/png"
_SIGNATURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_END = b"\0\0\0\0IEND\xaeB`\x82"


def left_files(execution: Execution, bounds: Bounds) -> tuple[list[LeftFile], list[ContentBlock]]:
    """All that it left by name, up to a bound, and the contents that are given with the answer: those that came with
    the result and for which there is room."""
    room = _Room(bounds)
    told: list[LeftFile] = []
    contents: list[ContentBlock] = []
    for file in execution.files[:ITEMS]:
        content = room.content(execution.id, file)
        contents += [content] if content is not None else []
        name, kind = few_words(file.name), few_words(file.media_type)
        told.append(LeftFile(name=name, size=file.size, media_type=kind, given=content is not None))
    return told, contents


class _Room:
    """What one answer may still hold."""

    def __init__(self, bounds: Bounds) -> None:
        self._chars = bounds.output_chars
        self._bytes = PICTURE_BYTES
        self._pictures = PICTURES

    def content(self, task_id: str, file: OutputFile) -> ContentBlock | None:
        """What the file holds; None where that is neither a picture nor a text, or there is no room for it."""
        if file.data is None:
            return None
        return self._picture(file.data) if file.media_type == _PNG else self._text(task_id, file, file.data)

    def _picture(self, data: bytes) -> ImageContent | None:
        if len(data) > self._bytes or not self._pictures or not _is_png(data):
            return None
        self._bytes -= len(data)
        self._pictures -= 1
        return ImageContent(data=base64.b64encode(data).decode(), mime_type=_PNG)

    def _text(self, task_id: str, file: OutputFile, data: bytes) -> EmbeddedResource | None:
        if len(data) > self._chars or b"\0" in data:
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        self._chars -= len(data)
        address = f"coderunner:///{quote(task_id)}/{quote(file.name.encode(errors='replace'))}"
        resource = TextResourceContents(uri=address, mime_type=few_words(file.media_type), text=text)
        return EmbeddedResource(resource=resource)


def _is_png(data: bytes) -> bool:
    """A whole one of a size that can be looked at: hosts hand a picture on as it is, and one that is none ends the
    conversation."""
    if not data.startswith(_SIGNATURE) or not data.endswith(_END):
        return False
    sides: tuple[int, int] = struct.unpack_from(">II", data, len(_SIGNATURE))
    return all(0 < side <= PICTURE_PIXELS for side in sides)

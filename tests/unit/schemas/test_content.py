"""Contents: text wherever they are text, and bytes as they are elsewhere."""

from __future__ import annotations

import msgspec
import pytest

from schemas.content import bytes_of, content_in, content_of, data_in, text_in
from schemas.reader import Reader
from schemas.task import SourceFile

PNG = b"\x89PNG\r\n\x1a\n\0\0"


@pytest.mark.parametrize("data", [b"", b"plain", "é\0".encode(), PNG, b"\xff", b"a\xe2\x82", bytes(range(256)) * 100])
def test_bytes_come_back_as_they_were_whatever_they_are(data: bytes) -> None:
    content = content_of(data)
    file = SourceFile.of("x", content)
    read = Reader(SourceFile).decode(msgspec.json.encode(file))
    assert read == file
    assert bytes_of(read.held) == data
    assert content_in(text_in(content), data_in(content)) == content


def test_text_is_where_it_always_was_on_the_bus_and_bytes_are_beside_it() -> None:
    text, binary = SourceFile.of("a.py", "é"), SourceFile.of("a.png", b"\xff")
    assert msgspec.json.decode(msgspec.json.encode(text)) == {
        **{"name": "a.py", "content": "é", "data": None},
        "blob": None,
    }
    assert msgspec.json.decode(msgspec.json.encode(binary)) == {
        **{"name": "a.png", "content": "", "data": "/w=="},
        "blob": None,
    }


@pytest.mark.parametrize("data", ['"%"', "7", "[]", '"/w"', '"/w==\\n"', "{}"])
def test_what_is_no_base64_is_refused(data: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        Reader(SourceFile).decode(f'{{"name":"a","content":"","data":{data}}}'.encode())

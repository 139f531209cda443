"""How much room text takes in a message."""

from __future__ import annotations

import msgspec
import pytest

from schemas.sizes import cut_to_json, cut_to_utf8, json_bytes, utf8_bytes

EVERY_KIND = "".join(map(chr, range(0x180))) + "\u2028€😀"


@pytest.mark.parametrize("text", ["", EVERY_KIND, *EVERY_KIND, "\x01" * 5_000])
def test_the_size_is_that_of_the_encoded_text(text: str) -> None:
    assert json_bytes(text) == len(msgspec.json.encode(text)) - len('""')
    assert utf8_bytes(text) == len(text.encode())


@pytest.mark.parametrize("text", [EVERY_KIND, "a\x01" * 5_000, "é" * 9_000])
@pytest.mark.parametrize("room", [0, 1, 6, 7, 4_095, 4_096, 4_097, 30_000])
def test_a_cut_text_fits_and_one_character_more_does_not(text: str, room: int) -> None:
    for cut, size in ((cut_to_json, json_bytes), (cut_to_utf8, utf8_bytes)):
        kept = cut(text, room)
        assert text.startswith(kept)
        assert size(kept) <= room
        assert kept == text or size(text[: len(kept) + 1]) > room

"""The size of text in messages: how many bytes JSON takes for it, and what of it fits."""

from __future__ import annotations

EXECUTION_BYTES = 4 << 20
"""Of one execution as protobuf, where its task does not ask for a large one: what a gRPC client takes by default."""
ENVELOPE_BYTES = 256 << 10
"""Room for all of a result that is no output: labels, names, warnings, numbers."""

_TWO_BYTES = b'"\\\b\t\n\f\r'
_SIX_BYTES = bytes(set(range(32)) - set(_TWO_BYTES))
_STEP_CHARACTERS = 4096


def utf8_bytes(text: str) -> int:
    """The bytes of ``text`` in UTF-8, which is what protobuf sends."""
    return len(text) if text.isascii() else len(text.encode())


def json_bytes(text: str) -> int:
    """The bytes of ``text`` between the quotes of a JSON string, where control characters take up to six."""
    data = text.encode()
    twos = len(data) - len(data.translate(None, _TWO_BYTES))
    sixes = len(data) - len(data.translate(None, _SIX_BYTES))
    return len(data) + twos + 5 * sixes


def cut_to_json(text: str, room: int) -> str:
    """The longest beginning of ``text`` that takes at most ``room`` bytes of JSON."""
    if 6 * len(text) <= room or json_bytes(text) <= room:
        return text
    end = 0
    while (step := json_bytes(text[end : end + _STEP_CHARACTERS])) <= room:
        room -= step
        end += _STEP_CHARACTERS
    for character in text[end : end + _STEP_CHARACTERS]:
        room -= json_bytes(character)
        if room < 0:
            break
        end += 1
    return text[:end]


def cut_to_utf8(text: str, room: int) -> str:
    """The longest beginning of ``text`` that takes at most ``room`` bytes of UTF-8."""
    if utf8_bytes(text) <= room:
        return text
    return text.encode()[: max(0, room)].decode(errors="ignore")

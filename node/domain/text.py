"""The decoding of what a program wrote into text that can go over the bus."""

from __future__ import annotations

import codecs

from schemas.content import Content


def readable(data: bytes, *, truncated: bool) -> tuple[str, bool]:
    """The text, and whether something in it was not UTF-8 (and came out as U+FFFD). A character that our own cut at the
    output limit split is left out and is nobody's fault."""
    try:
        return data.decode(), False
    except UnicodeDecodeError as error:
        if truncated and error.reason == "unexpected end of data":  # the last one to three bytes, never more
            return data[: error.start].decode(), False
        return data.decode(errors="replace"), True


def lenient(content: Content) -> str:
    """What was submitted as a text, whatever it is: a byte that is not UTF-8 becomes a lone surrogate (PEP 383), so
    that rules look at it as at any text."""
    return content.decode(errors="surrogateescape") if isinstance(content, bytes) else content


def raw(content: Content) -> bytes:
    """The bytes of which ``lenient`` made this text, or of what is none."""
    return content if isinstance(content, bytes) else content.encode(errors="surrogateescape")


def printable(text: str, most: int) -> str:
    """Its first ``most`` characters without those that move a cursor or cannot be seen."""
    return "".join(character for character in text[:most] if character.isprintable())


class LiveText:
    """One stream, decoded piece by piece; knows how many characters (code points) went before."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.offset = 0

    def feed(self, data: bytes, *, last: bool = False) -> tuple[int, str]:
        """Takes in bytes: offset and text of what became readable."""
        text = self._decoder.decode(data, last)
        offset = self.offset
        self.offset += len(text)
        return offset, text

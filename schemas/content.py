"""What a submitted file or a standard input holds: text, or bytes that are none.

A message has two fields for it: the text as ever, and the bytes where they are not UTF-8 (the text is then empty). JSON
has bytes in base64. A version that knows no bytes reads the rest of such a message."""

from __future__ import annotations

Content = str | bytes
"""Text wherever it is UTF-8; ``content_of`` sees to that."""


def content_of(data: bytes) -> Content:
    """What these bytes are: text where they are UTF-8, so that there is one way to say a thing."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def content_in(text: str, data: bytes | None) -> Content:
    """What the two fields of a message say."""
    return text if data is None else data


def text_in(content: Content) -> str:
    """The text for a message, empty where there is none."""
    return content if isinstance(content, str) else ""


def data_in(content: Content) -> bytes | None:
    """The bytes for a message, none where there is text."""
    return content if isinstance(content, bytes) else None


def bytes_of(content: Content) -> bytes:
    """The bytes of a file or a standard input."""
    return content if isinstance(content, bytes) else content.encode()

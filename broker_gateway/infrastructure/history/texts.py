"""What a stranger may send, made fit for columns: text that every database takes, numbers that fit."""

from __future__ import annotations

import hashlib
import math
import re

MAX_INT64 = (1 << 63) - 1
MAX_INT32 = (1 << 31) - 1
DIGEST_BYTES = 16
_UNFIT = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL takes no U+0000, and UTF-8 no half of a surrogate pair."""


def plain(text: str) -> str:
    """The text with U+2400 for U+0000 and U+FFFD for what is no character."""
    return _UNFIT.sub(lambda found: "\u2400" if found.group() == "\0" else "\ufffd", text)


def name(text: str, chars: int) -> str:
    """The text as a name of at most so many characters. One that had to be changed ends in a digest of what it was:
    two names never become one."""
    fit = plain(text)
    if fit == text and len(text) <= chars:
        return text
    digest = digest_of(text).hex()
    return f"{fit[: chars - len(digest) - 1]}~{digest}"


def digest_of(*texts: str) -> bytes:
    """DIGEST_BYTES that stand for these texts in this order."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for text in texts:
        data = text.encode(errors="surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def int64(number: int) -> int:
    """The nearest number that a BIGINT holds."""
    return max(-MAX_INT64, min(MAX_INT64, number))


def int32(number: int) -> int:
    """The nearest number that an INTEGER holds."""
    return max(-MAX_INT32, min(MAX_INT32, number))


def finite(number: float) -> float:
    """The number, or 0 where it is none."""
    return number if math.isfinite(number) else 0.0

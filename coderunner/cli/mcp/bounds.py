"""What one call of a tool may cost, and what the assistant is told of a program."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGE_BYTES = 4 << 20
"""Of one message: more than the gateway takes of a task, however its characters are escaped."""
ENTRIES = 2000
"""Of all lists and objects in the arguments of one call: many more than the gateway takes, and each is looked at."""
RUNS = 32
"""Programs that this server waits for at once; the gateway has its own bounds besides."""
PIECES = 500
"""Notifications of progress for one program."""
WORDS_CHARS = 500
"""Of one sentence of the gateway's or of a compiler's, and of a name that a caller made up."""
ITEMS = 20
"""Diagnostics, violations, and files that it left, of one program."""
PICTURES = 8
"""That one program left, and that are given with its answer."""
PICTURE_BYTES = 1 << 20
"""Of all of them together: as much as comes with a result."""
PICTURE_PIXELS = 8000
"""Of a side of a picture: more is not looked at, or takes a host's memory."""
TOKEN_CHARS = 256
"""Of a progress token, which each notification repeats."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the command line sets."""

    output_chars: int = 20_000
    """Of each stream of a program, in the answer; and of all of them together, while it runs."""
    queue_deadline_ms: int = 60_000


def shortened(text: str, most_chars: int) -> tuple[str, int]:
    """The text, or its beginning and its end around a remark; and how many characters are missing."""
    cut = len(text) - most_chars
    if cut <= 0:
        return text, 0
    head = most_chars // 2
    return f"{text[:head]}\n[... {cut} characters are left out ...]\n{text[head + cut :]}", cut


def few_words(text: str) -> str:
    """A sentence of somebody else's, which may be of any length, and hold what no message can say (half a pair of
    UTF-16)."""
    return shortened(text, WORDS_CHARS)[0].encode(errors="replace").decode()

"""A program's output as notifications of progress, while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from coderunner.cli.mcp.bounds import PIECES
from coderunner.model import Output

_REST = "[more output; the result has its end]"


class LiveOutput:
    """Tells each piece of one program's output, up to a bound: in characters, and in notifications."""

    def __init__(self, report: Callable[[float, str], Awaitable[None]], most_chars: int) -> None:
        self._report = report
        self._room_chars = most_chars
        self._room_pieces = PIECES
        self._seen_chars = 0

    async def __call__(self, output: Output) -> None:
        """Progress is the number of characters that there are so far."""
        self._seen_chars += len(output.text)
        if not self._room_chars or not self._room_pieces:
            return
        piece = output.text[: self._room_chars]
        self._room_chars -= len(piece)
        self._room_pieces -= 1
        await self._report(self._seen_chars, piece)
        if not self._room_chars or not self._room_pieces:
            await self._report(self._seen_chars + 0.5, _REST)

"""The callback that gets a program's output while it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from coderunner.model import Output

OnOutput = Callable[[Output], object]
"""A callback that gets each piece of output; what it returns is awaited where it can be."""


async def tell(on_output: OnOutput | None, piece: Output | None) -> None:
    """Gives the callback a piece, where there are both, and awaits what it returns where it can be."""
    if on_output is None or piece is None:
        return
    answer = on_output(piece)
    if inspect.isawaitable(answer):
        await answer

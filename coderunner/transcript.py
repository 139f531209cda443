"""Live output in order and each character once, whatever the watcher missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from coderunner.model import Execution, Output, Stream


class Transcript:
    """What has been shown of one task's output. A stream with a gap is held back until the result fills it."""

    def __init__(self) -> None:
        self._attempt = 0
        self._shown: dict[tuple[str, Stream], int] = {}

    def live(self, output: Output) -> Output | None:
        """The part of ``output`` that is new and follows directly on what was shown; None where there is none."""
        self._turn_to(output.attempt)
        key = (output.stage, output.stream)
        shown = self._shown.get(key, 0)
        fresh = output.text[shown - output.offset :] if output.offset <= shown else ""
        if output.attempt < self._attempt or not fresh:
            return None
        self._shown[key] = shown + len(fresh)
        return replace(output, offset=shown, text=fresh)

    def rest(self, execution: Execution) -> Iterator[Output]:
        """What the result has beyond what was shown."""
        self._turn_to(execution.attempt)
        for name, stage in execution.stages():
            for stream in Stream:
                shown = self._shown.get((name, stream), 0)
                fresh = stage.text(stream)[shown:]
                if fresh:
                    self._shown[name, stream] = shown + len(fresh)
                    yield Output(name, stream, shown, fresh, execution.attempt)

    def _turn_to(self, attempt: int) -> None:
        if attempt > self._attempt:
            self._attempt = attempt
            self._shown.clear()

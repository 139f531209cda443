"""One task's live output and result merged: each character once and in order, whatever the watcher missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from coderunner.model import Execution, Output, Stream


class OutputMerger:
    """A record of how much of one task's output was shown. A stream with a gap waits until the result fills it."""

    def __init__(self) -> None:
        self._attempt = 0
        self._shown: dict[tuple[str, Stream], int] = {}

    def unseen_part(self, output: Output) -> Output | None:
        """The part of ``output`` that is new and follows directly on what was shown; None where there is none."""
        self._start_over_at(output.attempt)
        key = (output.stage, output.stream)
        shown = self._shown.get(key, 0)
        fresh = output.text[shown - output.offset :] if output.offset <= shown else ""
        if output.attempt < self._attempt or not fresh:
            return None
        self._shown[key] = shown + len(fresh)
        return replace(output, offset=shown, text=fresh)

    def unseen_rest(self, execution: Execution) -> Iterator[Output]:
        """The output in the result that was not shown yet."""
        self._start_over_at(execution.attempt)
        for name, stage in execution.stages():
            for stream in Stream:
                shown = self._shown.get((name, stream), 0)
                fresh = stage.text(stream)[shown:]
                if fresh:
                    self._shown[name, stream] = shown + len(fresh)
                    yield Output(name, stream, shown, fresh, execution.attempt)

    def _start_over_at(self, attempt: int) -> None:
        if attempt > self._attempt:
            self._attempt = attempt
            self._shown.clear()

"""The lines that ``coderunner tail`` prints: of each state one, of output each line with whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from coderunner.cli.printable import coloured, printable
from coderunner.cli.tables import milliseconds, one_line
from coderunner.model import Execution, Output, Status, Stream
from coderunner.output_merger import OutputMerger

_MAX_LINE = 1000
"""Characters of one printed line; a longer one goes on in the next."""
_COLOURS = {Status.SUCCEEDED: "green", Status.QUEUED: "bright_black", Status.RUNNING: "cyan"}


class TailLines:
    """The text of one task after the other, of many at the same time: a line of output is printed once it is whole, or
    its task has ended."""

    def __init__(self, *, with_output: bool) -> None:
        self._with_output = with_output
        self._mergers: dict[str, OutputMerger] = {}
        self._open: dict[tuple[str, str, Stream], str] = {}
        """What was written since the last end of a line, by task, stage and stream."""

    def of(self, task_id: str, event: Execution | Output) -> Iterator[str]:
        """The lines that an event of this task makes."""
        merger = self._mergers.setdefault(task_id, OutputMerger())
        if isinstance(event, Output):
            fresh = merger.unseen_part(event)
            if fresh is not None:
                yield from self._output(task_id, fresh)
            return
        if event.status.is_final:
            for piece in merger.unseen_rest(event):
                yield from self._output(task_id, piece)
            yield from self._rest(task_id)
            del self._mergers[task_id]
        yield _state(task_id, event)

    def _output(self, task_id: str, piece: Output) -> Iterator[str]:
        if not self._with_output:
            return
        key = (task_id, piece.stage, piece.stream)
        *whole, rest = (self._open.pop(key, "") + piece.text).split("\n")
        for line in whole:
            yield from _output_lines(*key, line)
        while len(rest) > _MAX_LINE:
            yield from _output_lines(*key, rest[:_MAX_LINE])
            rest = rest[_MAX_LINE:]
        if rest:
            self._open[key] = rest

    def _rest(self, task_id: str) -> Iterator[str]:
        for key in [key for key in self._open if key[0] == task_id]:
            yield from _output_lines(*key, self._open.pop(key))


def _output_lines(task_id: str, stage: str, stream: Stream, line: str) -> Iterator[str]:
    where = coloured(f"{task_id} {stage} {stream.value.lower()}", dim=True)
    for start in range(0, max(1, len(line)), _MAX_LINE):
        yield f"{where} | {printable(line[start : start + _MAX_LINE].removesuffix(chr(13)))}"


def _state(task_id: str, execution: Execution) -> str:
    """``12:30:01 ID RUNNING python on node-1``, and how it ended."""
    now = datetime.now().astimezone().strftime("%H:%M:%S")
    status = coloured(execution.status, fg=_COLOURS.get(execution.status, "red"))
    words = [execution.language, f"on {execution.node_id}" if execution.node_id else ""]
    if execution.run is not None:
        words.append(f"{milliseconds(execution.run.wall_ms)} ms")
    if execution.error:
        words.append(f"({one_line(execution.error)})")
    return f"{now} {printable(task_id)} {status} {printable(' '.join(filter(None, words)))}"

"""What a reader's page is told of a run: server-sent events, as the gateway's own API has them.

``state`` with the execution, ``output`` with a piece of it, ``result`` with the execution at its end, ``error`` with a
problem. See https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from coderunner.diagnostic import Diagnostic
from coderunner.model import Execution, Output, Stage, Stream
from coderunner.output_file import OutputFile

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
BEAT = b": \n\n"
END = "end"
"""The id of the last event: who shows it has had everything."""
_STAGES = ("compile", "run")
_PLACE = re.compile(r"\d{1,6}(?:\.\d{1,9}){4}", re.ASCII)
_OF_EXECUTION = (
    *("status", "language", "language_version", "attempt", "queued_ms", "error"),
    *("submitted_at_ms", "finished_at_ms", "cached_at_ms"),
)
"""What is told of an execution besides its stages, findings and files. Which node ran it, and what the blog wrote to
it, is none of a reader's business."""
_OF_STAGE = (
    *("exit_code", "signal", "stdout", "stderr", "stdout_truncated", "stderr_truncated", "wall_ms", "cpu_ms"),
    *("peak_memory_bytes", "limits_hit"),
)
_OF_DIAGNOSTIC = tuple(Diagnostic.__slots__)
_OF_FILE = ("name", "size", "media_type", "digest")


class Telling:
    """The account of one stream: what its reader was told, so that one who comes back is told the rest."""

    def __init__(self, handle: str, place: str = "") -> None:
        """``place``: the id of the last event that the reader has; what is none means the beginning."""
        self._handle = handle
        numbers = [int(one) for one in place.split(".")] if _PLACE.fullmatch(place) else [0] * 5
        self._attempt = numbers[0]
        names = ((stage, stream) for stage in _STAGES for stream in Stream)
        self._upto: dict[tuple[str, Stream], int] = dict(zip(names, numbers[1:], strict=True))

    def events(self, item: Execution | Output) -> Iterator[bytes]:
        """The events that tell of it; of a result, what of its output was missing before it."""
        if isinstance(item, Output):
            yield from self._output(item)
        elif not item.status.is_final:
            yield event("state", told(item, self._handle), self._place)
        else:
            for piece in self._missing(item):
                yield from self._output(piece)
            yield event("result", told(item, self._handle), END)

    def _output(self, piece: Output) -> Iterator[bytes]:
        self._begin(piece.attempt)
        key, end = (piece.stage, piece.stream), piece.offset + len(piece.text)
        upto = self._upto.get(key, end)
        if piece.attempt < self._attempt or end <= upto:
            return
        start = max(piece.offset, upto)
        if piece.offset <= upto:  # beyond a gap it is told at once, and again, with the gap, before the result
            self._upto[key] = end
        data = {
            "id": self._handle,
            "attempt": piece.attempt,
            "stage": piece.stage,
            "stream": piece.stream.lower(),
            "offset": start,
            "text": piece.text[start - piece.offset :],
        }
        yield event("output", data, self._place)

    def _missing(self, ended: Execution) -> Iterator[Output]:
        self._begin(ended.attempt)
        for name, stage in ended.stages():
            for stream in Stream:
                yield Output(name, stream, 0, stage.text(stream), ended.attempt)

    def _begin(self, attempt: int) -> None:
        if attempt > self._attempt:
            self._attempt = attempt
            self._upto = dict.fromkeys(self._upto, 0)

    @property
    def _place(self) -> str:
        return ".".join(str(one) for one in (self._attempt, *self._upto.values()))


def told(execution: Execution, handle: str) -> dict[str, Any]:
    """The object that a page gets of an execution."""
    return {
        "id": handle,
        **{name: getattr(execution, name) for name in _OF_EXECUTION},
        "compile": _stage(execution.compile),
        "run": _stage(execution.run),
        "diagnostics": [{name: getattr(one, name) for name in _OF_DIAGNOSTIC} for one in execution.diagnostics],
        "files": [_file(one) for one in execution.files],
    }


def event(name: str, data: object, event_id: str = "") -> bytes:
    """One event; ``data`` becomes JSON, which has no line feeds."""
    line = f"id: {event_id}\n" if event_id else ""
    said = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\n{line}data: {said}\n\n".encode(errors="replace")


def _stage(stage: Stage | None) -> dict[str, Any] | None:
    return {name: getattr(stage, name) for name in _OF_STAGE} if stage is not None else None


def _file(file: OutputFile) -> dict[str, Any]:
    data = base64.b64encode(file.data).decode() if file.data is not None else None
    return {**{name: getattr(file, name) for name in _OF_FILE}, "data": data}

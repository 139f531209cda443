"""How much of a task's output a follower has been told, and what of it is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from broker_gateway.application.replay import stages_of
from schemas.execution import COMPILE_STAGE, RUN_STAGE, Execution, OutputChunk

MAX_PIECES = 64
"""Of one stream beyond a gap; what more comes is told with the result."""
MAX_STAGES = 8
"""That a place names."""
_STREAMS = ("stdout", "stderr")
_NAME = r"(compile|run|case:\d{1,6})"
_NAMED = re.compile(_NAME, re.ASCII)
_STAGE = re.compile(rf"/{_NAME}/(\d{{1,12}})/(\d{{1,12}})", re.ASCII)
_PLACE = re.compile(rf"(\d{{1,6}})\.(\d{{1,7}})((?:{_STAGE.pattern.replace('(', '(?:')}){{1,{MAX_STAGES}}})", re.ASCII)


@dataclass(slots=True)
class _Told:
    """What of one stream has been told: all before ``upto``, and pieces beyond it."""

    upto: int = 0
    beyond: list[tuple[int, int]] = field(default_factory=list)

    def add(self, start: int, end: int) -> None:
        if start > self.upto:
            self.beyond.append((start, end))
            return
        self.upto = max(self.upto, end)
        while reached := [one for one in self.beyond if one[0] <= self.upto]:
            self.upto = max(self.upto, *(end for _, end in reached))
            self.beyond = [one for one in self.beyond if one[0] > self.upto]

    def missing(self, size: int) -> Iterator[tuple[int, int]]:
        """What of the first ``size`` characters has not been told."""
        start = self.upto
        for piece, end in sorted(self.beyond):
            if start < min(piece, size):
                yield start, min(piece, size)
            start = max(start, end)
        if start < size:
            yield start, size


class ToldOutput:
    """The account for one follower. Stages follow one another, so that who follows since the beginning has been told
    all of a stage when the next one speaks; who came later may have missed any.

    A place in it is written as ``attempt.floor`` and, for each of some stages, ``/stage/stdout/stderr``: so many
    characters. Stages below the floor are told; of those that are not named, nothing is."""

    def __init__(self, *, is_early: bool) -> None:
        """``is_early``: it follows since before the task began."""
        self._is_early = is_early
        self._attempt = 0
        self._floor = 0
        """Stages of a lower rank were told, by another connection."""
        self._streams: dict[tuple[str, str], _Told] = {}

    @classmethod
    def at(cls, place: str, *, is_early: bool) -> ToldOutput:
        """The account at a place that ``place`` gave, or a new one."""
        match = _PLACE.fullmatch(place)
        if match is None:
            return cls(is_early=is_early)
        told = cls(is_early=False)
        told._attempt, told._floor = int(match[1]), int(match[2])
        for stage, *upto in _STAGE.findall(match[3]):
            told._streams |= {(stage, name): _Told(int(size)) for name, size in zip(_STREAMS, upto, strict=True)}
        return told

    @property
    def place(self) -> str:
        """Where one goes on who was told no more than this. Who goes on there is told some of it twice rather than not
        at all."""
        stages = sorted({stage for stage, _ in self._streams}, key=_rank)
        if not stages:
            return ""
        floor = self._floor
        if self._is_early:
            gaps = (one for one in stages if any(self._of(one, name).beyond for name in _STREAMS))
            stages = [next(gaps, stages[-1])]
            floor = _rank(stages[0])
        return f"{self._attempt}.{floor}" + "".join(map(self._written, stages[:MAX_STAGES]))

    def _written(self, stage: str) -> str:
        out, err = (self._of(stage, name).upto for name in _STREAMS)
        return f"/{stage}/{out}/{err}"

    def news(self, chunk: OutputChunk) -> OutputChunk | None:
        """What of a piece has not been told; it is told from now on. Pieces are not sealed: one that names no stage or
        stream is nothing, as their names are written into places, and line feeds in them would be events."""
        if chunk.stream not in _STREAMS or not _NAMED.fullmatch(chunk.stage):
            return None
        if chunk.attempt > self._attempt:
            self._start_over(chunk.attempt)
        if chunk.attempt < self._attempt or _rank(chunk.stage) < self._floor:
            return None
        told, end = self._of(chunk.stage, chunk.stream), chunk.offset + len(chunk.text)
        if chunk.offset > told.upto and len(told.beyond) >= MAX_PIECES:
            return None  # the result has it
        start = max(chunk.offset, told.upto)
        told.add(chunk.offset, end)
        if start >= end:
            return None
        return chunk if start == chunk.offset else _piece(chunk, start, chunk.text[start - chunk.offset :])

    def missing(self, ended: Execution) -> Iterator[OutputChunk]:
        """What of the result's output has not been told; it is told from now on."""
        if ended.attempt != self._attempt:
            self._start_over(ended.attempt)
        for stage, ran in stages_of(ended):
            if _rank(stage) < self._floor:
                continue
            for name, text in ((_STREAMS[0], ran.stdout), (_STREAMS[1], ran.stderr)):
                told = self._of(stage, name)
                for start, end in list(told.missing(len(text))):
                    told.add(start, end)
                    yield OutputChunk(
                        id=ended.id,
                        attempt=ended.attempt,
                        stage=stage,
                        stream=name,
                        offset=start,
                        text=text[start:end],
                    )

    def _start_over(self, attempt: int) -> None:
        self._attempt, self._floor, self._streams = attempt, 0, {}

    def _of(self, stage: str, name: str) -> _Told:
        return self._streams.setdefault((stage, name), _Told())


def _piece(chunk: OutputChunk, offset: int, text: str) -> OutputChunk:
    return msgspec.structs.replace(chunk, offset=offset, text=text)


def _rank(stage: str) -> int:
    """The place of a stage among all; of what is none, the last."""
    if stage in (COMPILE_STAGE, RUN_STAGE):
        return int(stage == RUN_STAGE)
    number = stage.removeprefix("case:")
    return 2 + int(number) if number.isdecimal() and len(number) < 7 else 10**7

"""What is told of a program over Piston's WebSocket: the stages that it goes through, their output, how each ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from broker_gateway.interfaces.http.events import is_early
from broker_gateway.interfaces.http.piston_results import StageBody
from broker_gateway.interfaces.http.piston_runtimes import Runtime
from broker_gateway.interfaces.http.problems import RefusedError, problem
from broker_gateway.interfaces.http.told_output import ToldOutput
from schemas.execution import COMPILE_STAGE, RUN_STAGE, Execution, OutputChunk
from schemas.status import Status

_STAGES = (COMPILE_STAGE, RUN_STAGE)


class PistonStages:
    """One program's. A compiler's exit is told once the program is known to run, or with the end."""

    def __init__(self, runtime: Runtime, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._runtime = runtime
        self._send = send
        self._told: ToldOutput | None = None
        self._stage = ""

    async def state(self, execution: Execution) -> None:
        """Tells of a state. Raises RefusedError for a task that came to nothing."""
        if self._told is None:
            self._told = ToldOutput(is_early=is_early(execution))
            runtime = self._runtime
            version = execution.language_version or runtime.version
            await self._send({"type": "runtime", "language": runtime.language.name, "version": version})
        if execution.status.is_final:
            await self._end(execution, self._told)
        elif execution.status is Status.RUNNING and self._runtime.language.compiled:
            await self._enter(COMPILE_STAGE)
        elif execution.status is Status.RUNNING:
            await self._enter(RUN_STAGE)

    async def output(self, chunk: OutputChunk) -> None:
        """Tells a piece of output, or that there is none because the program waits."""
        if chunk.stream == "stdin":
            await self._enter(RUN_STAGE)
            return
        news = self._told.news(chunk) if self._told is not None else None
        if news is not None:
            await self._say(news)

    async def _say(self, chunk: OutputChunk) -> None:
        await self._enter(chunk.stage)
        await self._send({"type": "data", "stream": chunk.stream, "data": chunk.text})

    async def _enter(self, stage: str) -> None:
        if stage not in _STAGES or self._stage in (stage, RUN_STAGE):
            return
        if self._stage == COMPILE_STAGE:
            await self._send({"type": "exit", "stage": COMPILE_STAGE, "code": 0, "signal": None})
        self._stage = stage
        await self._send({"type": "stage", "stage": stage})

    async def _end(self, ended: Execution, told: ToldOutput) -> None:
        if ended.status is Status.EXPIRED:
            words = "no node has begun the task in time; try again"
            raise RefusedError(problem(grpc.StatusCode.RESOURCE_EXHAUSTED, words))
        if ended.run is None and ended.compile is None:
            raise RefusedError(problem(grpc.StatusCode.FAILED_PRECONDITION, ended.error or ended.status.value))
        for chunk in told.missing(ended):
            await self._say(chunk)
        last = ended.run or ended.compile
        if last is None:
            return
        name = COMPILE_STAGE if ended.run is None else RUN_STAGE
        await self._enter(name)
        stage = StageBody.of(last)
        await self._send({"type": "exit", "stage": name, "code": stage.code, "signal": stage.signal})

"""Submitting a task and waiting for its end, for as long as the caller says."""

from __future__ import annotations

import asyncio

from broker_gateway.application.commands import NotKnownAnyMore, Refusal, SubmitTaskCommand, UnknownTask
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.interfaces.callers import LASTS, Asking, note_subject
from schemas.execution import Execution

Executed = Execution | Refusal | NotKnownAnyMore | UnknownTask


async def executed(
    service: CodeExecutionAppService, asking: Asking, command: SubmitTaskCommand, seconds: float
) -> Executed:
    """The task at its end, or as it stands after ``seconds``. Raises BusUnavailableError."""
    accepted: list[str] = []
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as waiting:

            def note(task_id: str) -> None:
                accepted.append(task_id)
                note_subject(task_id)
                waiting.reschedule(loop.time() + seconds)

            return await service.execute(command, LASTS.get(), note)
    except TimeoutError:
        if not accepted:
            raise  # it is not our time that is over
        return await service.get(accepted[0], asking.caller())

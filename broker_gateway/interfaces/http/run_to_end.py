"""A task of a dialect whose client waits for the end on one call, and can ask for it in no other way."""

from __future__ import annotations

import asyncio

import grpc

from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.interfaces.callers import LASTS, note_subject
from broker_gateway.interfaces.http.calls import Call
from broker_gateway.interfaces.http.problems import RefusedError, problem, refuse
from broker_gateway.interfaces.http.queries import MAX_WAIT_S
from broker_gateway.interfaces.submissions import command_of
from schemas.execution import Execution
from schemas.status import Status

QUEUED_MS = 30_000
"""A task that no node has begun by then is not run: its reader has gone, or would rather try again."""


async def run_to_end(call: Call, service: CodeExecutionAppService, draft: TaskDraft) -> Execution:
    """The end of the task. Raises RefusedError where it is refused, is not begun in time, or has no end in time."""
    draft.queue_deadline_ms = QUEUED_MS
    command = command_of(draft)
    async with call.until_left():
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                answer = await service.execute(command, LASTS.get(), note_subject)
        except TimeoutError:
            words = f"the task has not ended within {MAX_WAIT_S:.0f} s"
            raise RefusedError(problem(grpc.StatusCode.DEADLINE_EXCEEDED, words)) from None
    if not isinstance(answer, Execution):
        refuse(answer)
    if answer.status is Status.EXPIRED:
        words = f"no node has begun the task within {QUEUED_MS // 1000} s; try again"
        raise RefusedError(problem(grpc.StatusCode.RESOURCE_EXHAUSTED, words))
    return answer

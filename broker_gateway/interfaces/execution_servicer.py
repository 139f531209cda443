"""The gRPC service ``ExecutionService``: protobuf in, a use case, protobuf or a status out."""

# ruff: noqa: N802 - the methods are named as in the proto files

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc.aio

from broker_gateway.application.commands import (
    Cancellation,
    Invalid,
    NotKnownAnyMore,
    SubmitTaskCommand,
    TaskDTO,
    UnknownTask,
)
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.application.interacting import NumberedSaid
from broker_gateway.application.ports import Page
from broker_gateway.application.telling import Taken
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.draft import DraftCounts
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.callback_mapping import record_message
from broker_gateway.interfaces.callers import CHANGES, LASTS, MAX_SUBJECT_CHARS, OWNER, SUBJECT, Asking
from broker_gateway.interfaces.draft_mapping import DEFAULT_COUNTS, draft_of
from broker_gateway.interfaces.execution_mapping import chunk_message, execution_message
from broker_gateway.interfaces.list_rules import filter_of, list_violations
from broker_gateway.interfaces.refusals import refuse, submit_error
from broker_gateway.interfaces.said_mapping import heard_message, said_of
from broker_gateway.interfaces.source_mapping import source_message
from broker_gateway.interfaces.submissions import BatchCommands, command_of
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import execution_pb2_grpc as rpc
from schemas.execution import Execution, OutputChunk

_FIRST_WITHIN_S = 30.0
Context = grpc.aio.ServicerContext[Any, Any]


class ExecutionServicer(rpc.ExecutionServiceServicer):
    """Implements ``ExecutionService``."""

    def __init__(
        self, service: CodeExecutionAppService, counts: DraftCounts = DEFAULT_COUNTS, *, asks_who: bool = False
    ) -> None:
        """``counts``: what is taken over of each task. ``asks_who``: callers are known by their tokens, and each sees
        its own tasks."""
        self._service = service
        self._counts = counts
        self._asking = Asking(asks_who=asks_who)

    def _command(self, task: pb.Task) -> SubmitTaskCommand:
        return command_of(draft_of(task, self._counts))

    async def Submit(self, request: pb.SubmitRequest, context: Context) -> pb.SubmitResponse:
        answer = await self._service.submit(self._command(request.task))
        if not isinstance(answer, TaskDTO):
            await refuse(context, answer)
        SUBJECT.set(answer.id)
        return pb.SubmitResponse(id=answer.id)

    async def SubmitBatch(self, request: pb.SubmitBatchRequest, context: Context) -> pb.SubmitBatchResponse:
        tasks = request.tasks
        answers = await self._service.submit_batch(
            BatchCommands(len(tasks), lambda index: draft_of(tasks[index], self._counts))
        )
        if isinstance(answers, Invalid):
            await refuse(context, answers)
        results = [
            pb.Submitted(id=one.id) if isinstance(one, TaskDTO) else pb.Submitted(error=submit_error(one))
            for one in answers
        ]
        return pb.SubmitBatchResponse(results=results)

    async def Execute(self, request: pb.ExecuteRequest, context: Context) -> pb.ExecuteResponse:
        answer = await self._service.execute(self._command(request.task), LASTS.get())
        if not isinstance(answer, Execution):
            await refuse(context, answer)
        SUBJECT.set(answer.id)
        return pb.ExecuteResponse(execution=execution_message(answer))

    async def Watch(self, request: pb.WatchRequest, context: Context) -> AsyncIterator[pb.WatchResponse]:
        await _require_id(request.id, context)
        async with aclosing(self._service.watch(request.id, self._asking.caller(), LASTS.get())) as items:
            async for item in items:
                if isinstance(item, UnknownTask | NotKnownAnyMore):
                    await refuse(context, item)
                yield _watch_response(item)

    async def Interact(
        self, request_iterator: AsyncIterator[pb.InteractRequest], context: Context
    ) -> AsyncIterator[pb.InteractResponse]:
        first = await _first(request_iterator, context)
        said, caller = _said(request_iterator), self._asking.caller(ClientRole.OPERATE)
        if first.WhichOneof("what") == "begin":
            heard = self._service.interact(self._command(first.begin), said, caller, LASTS.get())
            first.Clear()
        else:
            await _require_id(first.resume, context)
            SUBJECT.set(first.resume[:MAX_SUBJECT_CHARS])
            heard = self._service.go_on_interacting(first.resume, said, caller, LASTS.get())
        async with aclosing(heard) as items:
            async for item in items:
                if not isinstance(item, Execution | OutputChunk | Taken):
                    await refuse(context, item)
                if isinstance(item, Execution):
                    SUBJECT.set(item.id)
                yield heard_message(item)

    async def SubmitAndWatch(
        self, request: pb.SubmitAndWatchRequest, context: Context
    ) -> AsyncIterator[pb.WatchResponse]:
        command = self._command(request.task)
        request.Clear()  # a call that may last holds nothing of what it was sent
        watched = self._service.submit_and_watch(command, self._asking.caller(), LASTS.get())
        del command
        async with aclosing(watched) as items:
            is_first = True
            async for item in items:
                if not isinstance(item, Execution | OutputChunk):
                    await refuse(context, item)
                if is_first:
                    is_first = False
                    SUBJECT.set(item.id)
                    if isinstance(item, OutputChunk):  # of a kept answer: which task it is has to be said before
                        yield pb.WatchResponse(execution=pb.Execution(id=item.id, status=pb.Execution.QUEUED))
                yield _watch_response(item)

    async def Get(self, request: pb.GetRequest, context: Context) -> pb.GetResponse:
        await _require_id(request.id, context)
        answer = await self._service.get(request.id, self._asking.caller())
        if isinstance(answer, UnknownTask):
            await refuse(context, answer)
        return pb.GetResponse(execution=execution_message(answer))

    async def GetSource(self, request: pb.GetSourceRequest, context: Context) -> pb.GetSourceResponse:
        await _require_id(request.id, context)
        answer = await self._service.source(request.id, self._asking.caller())
        if isinstance(answer, UnknownTask):
            await refuse(context, answer)
        return pb.GetSourceResponse(task=None if answer is None else source_message(answer))

    async def CallbackAttempts(
        self, request: pb.CallbackAttemptsRequest, context: Context
    ) -> pb.CallbackAttemptsResponse:
        await _require_id(request.id, context)
        answer = await self._service.callback_attempts(request.id, self._asking.caller())
        if isinstance(answer, UnknownTask):
            await refuse(context, answer)
        return pb.CallbackAttemptsResponse(record=None if answer is None else record_message(answer))

    async def List(self, request: pb.ListRequest, context: Context) -> pb.ListResponse:
        caller = self._asking.caller()
        violations = list_violations(request, caller)
        if violations:
            await refuse(context, Invalid(violations))
        if caller.sees_all and caller.client and request.client != caller.client:
            OWNER.set(request.client)
        answer = await self._service.list(
            filter_of(request, caller), request.page_size, request.page_token, with_total=request.with_total
        )
        if not isinstance(answer, Page):
            await refuse(context, answer)
        executions = [execution_message(one) for one in answer.executions]
        return pb.ListResponse(executions=executions, next_page_token=answer.next_token, total=answer.total)

    async def Cancel(self, request: pb.CancelRequest, context: Context) -> pb.CancelResponse:
        await _require_id(request.id, context)
        answer = await self._service.cancel(request.id, self._asking.caller(ClientRole.OPERATE))
        if not isinstance(answer, Cancellation):
            await refuse(context, answer)
        CHANGES.set(answer.cancelled)
        execution = answer.execution if self._asking.reads else answer.execution.without_output()
        return pb.CancelResponse(execution=execution_message(execution), cancelled=answer.cancelled)


async def _first(requests: AsyncIterator[pb.InteractRequest], context: Context) -> pb.InteractRequest:
    """The message that says what the call is about. A caller who does not send it is not waited for for long."""
    try:
        async with asyncio.timeout(_FIRST_WITHIN_S):
            first = await anext(requests, pb.InteractRequest())
    except TimeoutError:
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"nothing was sent within {_FIRST_WITHIN_S:.0f} s")
    if first.WhichOneof("what") not in ("begin", "resume"):
        await refuse(context, Invalid([Violation("begin", "must be the first message, or resume must")]))
    return first


async def _said(requests: AsyncIterator[pb.InteractRequest]) -> AsyncIterator[NumberedSaid | Invalid]:
    async for request in requests:
        if request.WhichOneof("what") == "said":
            yield said_of(request.said)
        else:
            yield Invalid([Violation("said", "must be all that follows the first message")])


def _watch_response(item: Execution | OutputChunk) -> pb.WatchResponse:
    if isinstance(item, OutputChunk) and item.stream == "stdin":
        return pb.WatchResponse(waits=pb.Waits(attempt=item.attempt))
    if isinstance(item, OutputChunk):
        return pb.WatchResponse(output=chunk_message(item))
    return pb.WatchResponse(execution=execution_message(item))


async def _require_id(task_id: str, context: Context) -> None:
    if not task_id:
        await refuse(context, Invalid([Violation("id", "is empty")]))

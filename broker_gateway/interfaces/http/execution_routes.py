"""The routes of executions: submit, follow, read, list and cancel them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from broker_gateway.application.commands import (
    Cancellation,
    Invalid,
    NotKnownAnyMore,
    SubmitTaskCommand,
    TaskDTO,
    UnknownTask,
)
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.application.ports import Page
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.draft import DraftCounts
from broker_gateway.interfaces.callers import CHANGES, LASTS, OWNER, Asking, note_subject
from broker_gateway.interfaces.http.answers import (
    Accepted,
    Batch,
    CallbackState,
    Cancelled,
    ExecutionPage,
    Source,
    Submitted,
    TaskProblem,
)
from broker_gateway.interfaces.http.bodies import BatchBody, TaskBody
from broker_gateway.interfaces.http.calls import Call, Calls
from broker_gateway.interfaces.http.events import END, EventStream, follows, is_early
from broker_gateway.interfaces.http.executing import executed
from broker_gateway.interfaces.http.operations import Operation, Parameter, json_answer
from broker_gateway.interfaces.http.problems import refuse
from broker_gateway.interfaces.http.queries import MAX_WAIT_S, list_request, no_query, wait_s
from broker_gateway.interfaces.http.reading import BodyOf
from broker_gateway.interfaces.http.told_output import ToldOutput
from broker_gateway.interfaces.list_rules import filter_of, list_violations
from broker_gateway.interfaces.submissions import BatchCommands, command_of
from schemas.execution import Execution, OutputChunk

EXECUTION = "/coderunner.v1.ExecutionService/"
EXECUTIONS = "/v1/executions"
_ONE = EXECUTIONS + "/{id}"
_task = BodyOf(TaskBody)
_batch = BodyOf(BatchBody)
_ID = Parameter("id", "the task's", "path")


class ExecutionRoutes:
    """The handlers, and their operations."""

    def __init__(
        self, service: CodeExecutionAppService, calls: Calls, counts: DraftCounts, *, asks_who: bool = False
    ) -> None:
        """``counts``: what is taken over of each task."""
        self._service = service
        self._calls = calls
        self._counts = counts
        self._asking = Asking(asks_who=asks_who)

    def operations(self) -> Sequence[Operation]:
        """Every route of executions."""
        key = Parameter("Idempotency-Key", "the same as idempotency_key in the body", "header")
        last = Parameter("Last-Event-ID", "the id of the last event that was received: goes on there", "header")
        in_query = Parameter("last_event_id", "the same, for who can set no headers")
        wait = Parameter(
            "wait", f"seconds to wait for the end, at most {MAX_WAIT_S:.0f}; 0: only until it is accepted",
            schema={"type": "number", "minimum": 0, "maximum": MAX_WAIT_S},
        )  # fmt: skip
        return (
            Operation(
                "POST", EXECUTIONS, EXECUTION + "Submit", self.execute, "Submit a task and, with ?wait=, wait for it",
                {200: "text/event-stream", 201: (Accepted, Execution), 202: Execution}, TaskBody, [wait, key],
                waits=EXECUTION + "Execute", waits_if=_waits,
            ),
            Operation(
                "POST", EXECUTIONS + ":batch", EXECUTION + "SubmitBatch", self.submit_batch,
                "Submit several tasks; each is accepted or refused on its own", {200: Batch}, BatchBody,
            ),
            Operation(
                "GET", EXECUTIONS, EXECUTION + "List", self.list, "The caller's tasks, newest first",
                {200: ExecutionPage}, parameters=_LIST_PARAMETERS,
            ),
            Operation("GET", _ONE, EXECUTION + "Get", self.get, "A task as it stands now", {200: Execution},
                      parameters=[_ID]),
            Operation("DELETE", _ONE, EXECUTION + "Cancel", self.cancel, "Cancel a task", {200: Cancelled},
                      parameters=[_ID]),
            Operation(
                "GET", _ONE + "/events", EXECUTION + "Watch", self.events,
                "Follow a task: server-sent events state, output, result, error",
                {200: "text/event-stream", 204: None}, parameters=[_ID, last, in_query],
            ),
            Operation("GET", _ONE + "/source", EXECUTION + "GetSource", self.source, "What was submitted",
                      {200: Source}, parameters=[_ID]),
            Operation(
                "GET", _ONE + "/callback", EXECUTION + "CallbackAttempts", self.callback,
                "What was tried to deliver the result to its callback", {200: CallbackState}, parameters=[_ID],
            ),
        )  # fmt: skip

    async def execute(self, call: Call) -> ASGIApp:
        """Accepts a task; waits for its end for as long as the caller says."""
        seconds = wait_s(call.request.query_params)
        body = await call.body(_task)
        draft = body.draft(self._counts)
        draft.idempotency_key = draft.idempotency_key or call.request.headers.get("idempotency-key", "")
        command = command_of(draft)
        if follows(call.request):
            return await self._followed(call, command)
        if not seconds:
            answer = await self._service.submit(command)
            if not isinstance(answer, TaskDTO):
                refuse(answer)
            return _created(answer.id, Accepted(answer.id))
        async with call.until_left():
            return await self._executed(command, seconds)

    async def _followed(self, call: Call, command: SubmitTaskCommand) -> ASGIApp:
        items = self._service.submit_and_watch(command, self._asking.caller(), LASTS.get())
        first = await anext(items)
        if not isinstance(first, Execution | OutputChunk):
            await items.aclose()
            refuse(first)
        if isinstance(first, Execution):
            note_subject(first.id)
        return EventStream(self._calls, call, first, items, ToldOutput(is_early=is_early(first)))

    async def _executed(self, command: SubmitTaskCommand, seconds: float) -> ASGIApp:
        answer = await executed(self._service, self._asking, command, seconds)
        if not isinstance(answer, Execution):
            refuse(answer)
        return _created(answer.id, answer, 201 if answer.status.is_final else 202)

    async def submit_batch(self, call: Call) -> ASGIApp:
        """Accepts many tasks, each on its own."""
        no_query(call.request.query_params)
        body = await call.body(_batch)
        tasks = body.tasks
        answers = await self._service.submit_batch(
            BatchCommands(len(tasks), lambda index: tasks[index].draft(self._counts))
        )
        if isinstance(answers, Invalid):
            refuse(answers)
        told = [
            Submitted(id=one.id) if isinstance(one, TaskDTO) else Submitted(error=TaskProblem.of(one))
            for one in answers
        ]
        return json_answer(Batch(told))

    async def get(self, call: Call) -> ASGIApp:
        """The task as it stands now."""
        no_query(call.request.query_params)
        answer = await self._service.get(call.task_id(), self._asking.caller())
        if isinstance(answer, UnknownTask):
            refuse(answer)
        return json_answer(answer)

    async def source(self, call: Call) -> ASGIApp:
        """What was submitted."""
        no_query(call.request.query_params)
        answer = await self._service.source(call.task_id(), self._asking.caller())
        if isinstance(answer, UnknownTask):
            refuse(answer)
        return json_answer(Source(answer))

    async def callback(self, call: Call) -> ASGIApp:
        """How the task's callback stands."""
        no_query(call.request.query_params)
        answer = await self._service.callback_attempts(call.task_id(), self._asking.caller())
        if isinstance(answer, UnknownTask):
            refuse(answer)
        return json_answer(CallbackState(answer))

    async def list(self, call: Call) -> ASGIApp:
        """One page of the caller's tasks."""
        request = list_request(call.request.query_params)
        caller = self._asking.caller()
        violations = list_violations(request, caller)
        if violations:
            refuse(Invalid(violations))
        if caller.sees_all and caller.client and request.client != caller.client:
            OWNER.set(request.client)
        wanted = filter_of(request, caller)
        answer = await self._service.list(wanted, request.page_size, request.page_token, with_total=request.with_total)
        if not isinstance(answer, Page):
            refuse(answer)
        return json_answer(ExecutionPage(answer.executions, answer.next_token, answer.total))

    async def cancel(self, call: Call) -> ASGIApp:
        """Cancels the task."""
        no_query(call.request.query_params)
        answer = await self._service.cancel(call.task_id(), self._asking.caller(ClientRole.OPERATE))
        if not isinstance(answer, Cancellation):
            refuse(answer)
        CHANGES.set(answer.cancelled)
        execution = answer.execution if self._asking.reads else answer.execution.without_output()
        return json_answer(Cancelled(execution, answer.cancelled))

    async def events(self, call: Call) -> ASGIApp:
        """Everything that is told of the task until its end."""
        query = call.request.query_params
        place = call.request.headers.get("last-event-id") or query.get("last_event_id", "")
        task_id = call.task_id()
        if place == END:  # which tells a browser not to come again
            return Response(status_code=204)
        items = self._service.watch(task_id, self._asking.caller(), LASTS.get())
        first = await anext(items)
        if isinstance(first, UnknownTask | NotKnownAnyMore):
            await items.aclose()
            refuse(first)
        return EventStream(self._calls, call, first, items, ToldOutput.at(place, is_early=is_early(first)))


def _waits(request: Request) -> bool:
    return follows(request) or "wait" in request.query_params


def _created(task_id: str, body: Accepted | Execution, status: int = 201) -> Response:
    return json_answer(body, status, {"Location": f"{EXECUTIONS}/{task_id}"})


def _of_numbers(name: str, description: str) -> Parameter:
    return Parameter(name, description, schema={"type": "integer", "minimum": 0})


_LIST_PARAMETERS = (
    Parameter("status", "may come several times", schema={"type": "array", "items": {"type": "string"}}),
    Parameter("language", "name or alias"),
    Parameter("node_id", "of the node that ran it"),
    Parameter(
        "label", "NAME:VALUE; may come several times, all must match",
        schema={"type": "array", "items": {"type": "string"}},
    ),
    Parameter("client", "whose, where the caller may see everybody's"),
    _of_numbers("since_ms", "submitted then or later, Unix milliseconds"),
    _of_numbers("until_ms", "submitted before then"),
    Parameter("error", "a part of the error's text; needs a history"),
    _of_numbers("page_size", "1 to 200; 50 where nothing is said"),
    Parameter("page_token", "next_page_token of the page before"),
    Parameter("with_total", "how many match in all; needs a history", schema={"type": "boolean"}),
)  # fmt: skip

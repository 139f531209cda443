"""The routes that submit: one submission, waited for or not, and a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc
from starlette.requests import Request
from starlette.types import ASGIApp

from broker_gateway.application.commands import Busy, Invalid, TaskDTO, Unavailable, UnknownTask
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.interfaces.http.calls import Call
from broker_gateway.interfaces.http.executing import executed
from broker_gateway.interfaces.http.execution_routes import EXECUTION
from broker_gateway.interfaces.http.judge0.answers import Known, NotUtf8Error, submission
from broker_gateway.interfaces.http.judge0.bodies import BatchBody, SubmissionBody
from broker_gateway.interfaces.http.judge0.drafts import Drafting
from broker_gateway.interfaces.http.judge0.errors import (
    NOT_UTF8,
    UNPROCESSABLE,
    errors_of,
    refuse_submission,
    wrong,
)
from broker_gateway.interfaces.http.judge0.fields import ASKED, wanted_fields
from broker_gateway.interfaces.http.judge0.languages import Languages
from broker_gateway.interfaces.http.judge0.tokens import token_of
from broker_gateway.interfaces.http.operations import json_answer
from broker_gateway.interfaces.http.queries import MAX_WAIT_S
from broker_gateway.interfaces.http.reading import QUICK_BYTES, BodyOf
from broker_gateway.interfaces.submissions import command_of
from schemas.execution import Execution

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

MAX_BATCH = 20
_one = BodyOf(SubmissionBody)
_batch = BodyOf(BatchBody)


def is_base64(call: Call) -> bool:
    """Whether texts are base64, both ways."""
    return call.request.query_params.get("base64_encoded") == "true"


def waits(request: Request) -> bool:
    """Whether the caller waits for the end."""
    return request.query_params.get("wait") == "true"


class Submitting:
    """The handlers."""

    def __init__(self, parts: DialectParts) -> None:
        self._service = parts.executions
        self._asking = parts.asking
        self._drafting = Drafting(Languages(parts.catalog), parts.limits, parts.counts, parts.source)

    @staticmethod
    def call_of(request: Request) -> str:
        """What submitting one is a call of."""
        return EXECUTION + ("Execute" if waits(request) else "Submit")

    async def create(self, call: Call) -> ASGIApp:
        """Accepts a submission; waits for its end where that is asked for."""
        wanted = wanted_fields(call.request.query_params.get("fields", ""))
        body = await call.body(_one)
        (draft,) = await self._drafts([body], base64=is_base64(call))
        if isinstance(draft, Invalid):
            refuse_submission(draft)
        if waits(call.request):
            async with call.until_left():
                return await self._executed(draft, wanted, base64=is_base64(call))
        answer = await self._service.submit(command_of(draft))
        if not isinstance(answer, TaskDTO):
            refuse_submission(answer)
        return json_answer({"token": token_of(answer.id)}, 201)

    async def _executed(self, draft: TaskDraft, wanted: Sequence[str], *, base64: bool) -> ASGIApp:
        answer = await executed(self._service, self._asking, command_of(draft), MAX_WAIT_S)
        if not isinstance(answer, Execution):
            refuse_submission(answer)
        source = None
        if not ASKED.isdisjoint(wanted):
            found = await self._service.source(answer.id, self._asking.caller())
            source = found if not isinstance(found, UnknownTask) else None
        try:
            return json_answer(submission(Known(answer, source), wanted, base64=base64), 201)
        except NotUtf8Error:
            return json_answer({"token": token_of(answer.id), "error": NOT_UTF8}, 201)

    async def create_batch(self, call: Call) -> ASGIApp:
        """Accepts several submissions, each on its own."""
        bodies = (await call.body(_batch)).submissions or []
        check_batch(len(bodies))
        drafts = await self._drafts(bodies, base64=is_base64(call))
        commands = [command_of(draft) for draft in drafts if isinstance(draft, TaskDraft)]
        answers = await self._service.submit_batch(commands)
        if isinstance(answers, Invalid):
            refuse_submission(answers)
        if answers and all(isinstance(one, Busy | Unavailable) for one in answers):
            refuse_submission(next(one for one in answers if isinstance(one, Busy | Unavailable)))
        entered = iter(answers)
        told = [draft if isinstance(draft, Invalid) else next(entered) for draft in drafts]
        is_any = any(isinstance(one, TaskDTO) for one in told)
        if not is_any:
            call.code = grpc.StatusCode.INVALID_ARGUMENT
        results = [{"token": token_of(one.id)} if isinstance(one, TaskDTO) else errors_of(one) for one in told]
        return json_answer(results, 201 if is_any else UNPROCESSABLE)

    async def _drafts(self, bodies: list[SubmissionBody], *, base64: bool) -> list[TaskDraft | Invalid]:
        if sum(body.size for body in bodies) <= QUICK_BYTES and not any(body.additional_files for body in bodies):
            return self._drafting.drafts(bodies, base64=base64)
        return await asyncio.to_thread(self._drafting.drafts, bodies, base64=base64)


def check_batch(count: int) -> None:
    """Raises RefusedError for too many, or none."""
    if count > MAX_BATCH:
        wrong(f"number of submissions in a batch should be less than or equal to {MAX_BATCH}")
    if not count:
        wrong("there should be at least one submission in a batch")

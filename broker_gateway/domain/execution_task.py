"""The task aggregate: what the gateway settles when it accepts a task, ends it, or has it run once more."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from broker_gateway.domain.draft import DEFAULT_OUTPUTS, TaskDraft
from broker_gateway.domain.interaction import QUEUE_DEADLINE_MS, interaction_of
from broker_gateway.domain.judging import case_of
from broker_gateway.domain.resource_limit import ResourceLimit
from broker_gateway.domain.task_id import TaskId
from schemas.content import data_in, text_in
from schemas.execution import Execution, ResultMessage
from schemas.names import result_subject
from schemas.status import Priority, Status
from schemas.task import Callback, CallbackEvent, Checker, TaskMessage


@dataclass(frozen=True, slots=True)
class Terms:
    """What the gateway settles when it accepts a task. Times are Unix milliseconds."""

    id: TaskId
    client: str
    languages: tuple[str, ...]
    """Proper names: the program's language, then the checker's where there is one."""
    pool: str
    limits: ResourceLimit
    now_ms: int
    keeps_source: bool = False
    """Its history keeps what was submitted."""
    traceparent: str = ""
    """The caller's own span; empty where it has none."""
    keeps_files: bool = False
    """Files that its result has no room for are stored for its client."""


@dataclass(frozen=True, slots=True)
class ExecutionTask:
    """An accepted task: its message, which a node reads, and ``known``, the newest state that we know of."""

    message: TaskMessage
    known: Execution

    @classmethod
    def accepted(cls, draft: TaskDraft, terms: Terms) -> ExecutionTask:
        """The task that a draft becomes, which must have passed the admission rules."""
        return cls.found(_message(draft, terms))

    @classmethod
    def found(cls, message: TaskMessage, known: Execution | None = None) -> ExecutionTask:
        """A task that was accepted before, queued unless more is known."""
        return cls(message, known or Execution.queued(message))

    def cancelled(self, now_ms: int, reason: str) -> ResultMessage:
        """The result of a task that ends here and now without a node's word."""
        return ResultMessage.of(cancelled(self.known, now_ms, reason), self.message)

    def expired(self, now_ms: int) -> ResultMessage:
        """The result of a task that no node had started by its queue deadline, which it must have."""
        return ResultMessage.of(_expired(self.known, self.message, now_ms), self.message)

    def in_pool(self, pool: str) -> ExecutionTask:
        """The same task, to be put into that pool's queue."""
        return ExecutionTask(msgspec.structs.replace(self.message, pool=pool), self.known)

    def answered(self, made: Execution, now_ms: int) -> Execution:
        """The end of a task whose outcome another one like it has made."""
        return msgspec.structs.replace(
            made,
            id=self.message.id,
            labels=self.message.labels,
            submitted_at_ms=self.message.submitted_at_ms,
            queued_ms=float(max(0, now_ms - self.message.submitted_at_ms)),
            finished_at_ms=now_ms,
            cached_at_ms=made.cached_at_ms or made.finished_at_ms or now_ms,
            not_kept="",
        )

    def for_another_run(self, occasion: str, now_ms: int) -> ExecutionTask:
        """The same task, queued once more for this ``occasion``: its queue deadline starts over, and its callback is
        told of the new result as of something new."""
        message = self.message
        deadline_ms, callback = message.expires_at_ms, message.callback
        if deadline_ms is not None:
            deadline_ms = now_ms + deadline_ms - message.submitted_at_ms
        if callback is not None:
            callback = msgspec.structs.replace(callback, occasion=occasion)
        return self.found(msgspec.structs.replace(message, expires_at_ms=deadline_ms, callback=callback))


def cancelled(known: Execution, now_ms: int, reason: str) -> Execution:
    """The cancelled execution of a task that was in the state ``known``."""
    waited_ms = now_ms - known.submitted_at_ms if known.status is Status.QUEUED else known.queued_ms
    return msgspec.structs.replace(
        known, status=Status.CANCELLED, error=reason, finished_at_ms=now_ms, queued_ms=float(max(0, waited_ms))
    )


def _expired(known: Execution, message: TaskMessage, now_ms: int) -> Execution:
    submitted_ms, deadline_ms = message.submitted_at_ms, message.expires_at_ms or now_ms
    return msgspec.structs.replace(
        known,
        status=Status.EXPIRED,
        error=f"not started within {deadline_ms - submitted_ms} ms",
        finished_at_ms=now_ms,
        queued_ms=float(max(0, now_ms - submitted_ms)),
    )


def _message(draft: TaskDraft, terms: Terms) -> TaskMessage:
    deadline_ms = draft.queue_deadline_ms or (QUEUE_DEADLINE_MS if draft.interaction is not None else 0)
    return TaskMessage(
        id=terms.id.value,
        client=terms.client,
        language=terms.languages[0],
        language_version=draft.language_version,
        files=list(draft.files),
        entry_point=draft.entry_point,
        stdin=text_in(draft.stdin),
        args=list(draft.args),
        env=dict(draft.env),
        compile_options=list(draft.compile_options),
        limits=terms.limits.value,
        priority=Priority(draft.priority),
        pool=terms.pool,
        cases=[case_of(case, number, terms.limits) for number, case in enumerate(draft.cases, 1)],
        stop_at_first_failure=draft.stop_at_first_failure,
        checker=_checker(draft, terms),
        callback=_callback(draft),
        labels=dict(draft.labels),
        submitted_at_ms=terms.now_ms,
        expires_at_ms=terms.now_ms + deadline_ms if deadline_ms else None,
        reply=result_subject(terms.id.value),
        large_result=draft.large_result,
        reader=draft.reader,
        keeps_source=terms.keeps_source,
        traceparent=terms.traceparent,
        stdin_data=data_in(draft.stdin),
        interaction=interaction_of(draft.interaction),
        redirect_stderr=draft.redirect_stderr,
        packages=list(draft.packages),
        test_framework=draft.test_framework,
        stdin_blob=draft.stdin_blob,
        keeps_files=terms.keeps_files,
        outputs=list(draft.outputs or (() if draft.cases else DEFAULT_OUTPUTS)),
    )


def _callback(draft: TaskDraft) -> Callback | None:
    if draft.callback_url is None:
        return None
    events = [CallbackEvent(one) for one in draft.callback_events]
    return Callback(url=draft.callback_url, headers=draft.callback_headers, events=events)


def _checker(draft: TaskDraft, terms: Terms) -> Checker | None:
    """The checker, under its language's proper name."""
    if draft.checker is None:
        return None
    return msgspec.structs.replace(draft.checker, language=terms.languages[1])

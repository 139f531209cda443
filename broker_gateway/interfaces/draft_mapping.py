"""The mapping of protobuf to a draft. Nothing is judged here: a number without a name goes on as that number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.callback_url import MAX_EVENTS
from broker_gateway.domain.draft import DraftCase, DraftCounts, DraftInteraction, TaskDraft
from coderunner.v1 import execution_pb2 as pb
from schemas.blob import BlobRef
from schemas.content import content_of
from schemas.status import Priority
from schemas.task import DEFAULT_COMPARISON, Checker, SourceFile

DEFAULT_COUNTS = AdmissionPolicy().counts

_PRIORITIES = {number: name for name, number in pb.Task.Priority.items()}
_PRIORITIES[pb.Task.PRIORITY_UNSPECIFIED] = Priority.NORMAL.value
_CACHES = {number: name for name, number in pb.Task.Cache.items() if number}
_EVENTS = {number: name for name, number in pb.Callback.Event.items()}
_MODES = {number: name.lower() for name, number in pb.Comparison.Mode.items()}
_MODES[pb.Comparison.MODE_UNSPECIFIED] = DEFAULT_COMPARISON.value


def draft_of(task: pb.Task, counts: DraftCounts = DEFAULT_COUNTS) -> TaskDraft:
    """The draft of one task, every field of its message taken over, of each kind no more than ``counts``."""
    return TaskDraft(
        language=task.language,
        language_version=task.language_version,
        files=_files(task.files, counts),
        entry_point=task.entry_point,
        stdin=content_of(task.stdin_data) if task.stdin_data else task.stdin,
        stdin_blob=_blob(task.stdin_digest),
        args=task.args[: counts.args],
        env=_some(task.env, counts.env),
        compile_options=task.compile_options[: counts.compile_options],
        outputs=task.outputs[: counts.outputs],
        archive=task.archive,
        limits=_set_limits(task),
        priority=_PRIORITIES.get(task.priority) or str(task.priority),
        cases=[_case(case, counts) for case in task.cases[: counts.cases]],
        stop_at_first_failure=task.stop_at_first_failure,
        checker=_checker(task.checker, counts) if task.HasField("checker") else None,
        idempotency_key=task.idempotency_key,
        queue_deadline_ms=task.queue_deadline_ms,
        callback_url=task.callback.url if task.HasField("callback") else None,
        callback_headers=task.callback.headers,
        callback_events=[_EVENTS.get(one) or str(one) for one in task.callback.events[: MAX_EVENTS + 1]],
        labels=_some(task.labels, counts.labels),
        large_result=task.large_result,
        cache=_CACHES.get(task.cache) or str(task.cache) if task.cache else "",
        reader=task.reader,
        redirect_stderr=task.redirect_stderr,
        packages=task.packages[: counts.packages],
        test_framework=task.test_framework,
        interaction=_interaction(task.interaction) if task.HasField("interaction") else None,
    )


def _interaction(asked: pb.Interaction) -> DraftInteraction:
    terminal = (asked.terminal.rows, asked.terminal.columns) if asked.HasField("terminal") else None
    return DraftInteraction(terminal, asked.session_ms, asked.grace_ms, asked.clock_goes_on)


def _files(files: Sequence[pb.File], counts: DraftCounts) -> list[SourceFile]:
    return [_file(file) for file in files[: counts.files]]


def _file(file: pb.File) -> SourceFile:
    if file.digest:
        return SourceFile(file.name, "", blob=_blob(file.digest))
    return SourceFile.of(file.name, content_of(file.data) if file.data else file.content)


def _blob(digest: str) -> BlobRef | None:
    return BlobRef.asked(digest) if digest else None


def _some(entries: Mapping[str, str], count: int) -> dict[str, str]:
    return dict(entries) if len(entries) <= count else {name: entries[name] for name in islice(entries, count)}


def _set_limits(owner: pb.Task | pb.TestCase) -> Mapping[str, int]:
    if not owner.HasField("limits"):
        return {}
    return {field.name: value for field, value in owner.limits.ListFields()}


def _case(case: pb.TestCase, counts: DraftCounts) -> DraftCase:
    mode = case.comparison.mode
    return DraftCase(
        name=case.name,
        stdin=content_of(case.stdin_data) if case.stdin_data else case.stdin,
        stdin_blob=_blob(case.stdin_digest),
        args=case.args[: counts.args],
        expected_output=case.expected_output,
        comparison=_MODES.get(mode) or str(mode),
        epsilon=case.comparison.epsilon,
        limits=_set_limits(case),
    )


def _checker(checker: pb.Checker, counts: DraftCounts) -> Checker:
    return Checker(
        language=checker.language,
        language_version=checker.language_version,
        files=_files(checker.files, counts),
    )

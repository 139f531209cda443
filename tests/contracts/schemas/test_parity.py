"""One field, one list: a field that one representation of a task or its result has, and another forgot, fails here.

A new field of a task goes into ``proto``, the SDK's ``Task``, the draft and the message, and through their mappings;
where it is deliberately not the same everywhere, that stands in ``PAIRS`` with the reason, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import msgspec
import pytest

from broker_gateway.domain import api_key as domain_key
from broker_gateway.domain.draft import DraftCase, DraftInteraction, TaskDraft
from broker_gateway.domain.execution_task import ExecutionTask, Terms
from broker_gateway.domain.resource_limit import DEFAULT_LIMITS, ResourceLimit
from broker_gateway.domain.task_id import TaskId
from broker_gateway.interfaces.draft_mapping import draft_of
from broker_gateway.interfaces.source_mapping import source_message
from coderunner import api_key, joined_node, model, requests
from coderunner import output_file as sdk_file
from coderunner import task as sdk
from coderunner import test_result as sdk_test
from coderunner.kept_task import kept_task
from coderunner.v1 import callback_pb2, catalog_pb2, keys_pb2, nodes_pb2, operations_pb2
from coderunner.v1 import execution_pb2 as pb
from schemas import answers, status
from schemas import callback as wire_callback
from schemas import dead_letter as wire_letter
from schemas import diagnostic as wire_diagnostic
from schemas import execution as wire
from schemas import interaction as wire_interaction
from schemas import joined as wire_joined
from schemas import node as wire_node
from schemas import output_file as wire_file
from schemas import progress as wire_progress
from schemas import task as wire_task
from schemas import test_result as wire_test
from schemas.kept_source import KeptSource
from tests.contracts.schemas.filling import Filler, Leaves, field_names, leaves, unset

NOW_MS = 1_000_000


@dataclass(frozen=True)
class Pair:
    """Two representations of one thing. ``left`` and ``right``: the fields that only that one has, with the reason."""

    one: Any
    other: Any
    left: dict[str, str] = field(default_factory=dict)
    right: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " - ".join(f"{kind.__module__}.{kind.__qualname__}" for kind in (self.one, self.other))


OF_SDK = {"version": "language_version, in a caller's words", "source": "files: one text, or names and texts"}
OF_PROTO = {"language_version": "the SDK's version", "files": "the SDK's source"}
BYTES = {"stdin_data": "stdin, where it is no text"}
DIGEST = {"stdin_digest": "stdin, where it is a blob"}
BLOB = {"stdin_blob": "of stdin_digest, and where the gateway has found it"}
SETTLED = dict.fromkeys(("id", "client", "pool", "submitted_at_ms", "reply"), "the gateway settles it at acceptance")
SETTLED["traceparent"] = "comes with the call, in its metadata"
SETTLED["seal"] = "put on by the gateway that queues it"
OF_ANSWERS = dict.fromkeys(("answer", "keeps_answer"), "what the draft's cache comes to")
OF_VERSIONS = dict.fromkeys(
    ("takes_bytes", "takes_blobs", "talks", "takes_packages"), "for gateways, of versions side by side"
)
OF_GATEWAY = {"keeps_files": "of a gateway that has a store for them, and not for readers of pages"}
OF_HISTORY = {"keeps_source": "of the gateway's setting history"}
NOT_KEPT = {
    **SETTLED,
    **OF_ANSWERS,
    **OF_HISTORY,
    **OF_GATEWAY,
    "callback": "its address may hold a password",
    "labels": "the execution has them",
    "reader": "of no use once it has ended",
    "expires_at_ms": "over by then",
    "interaction": "what was said is not kept",
}
OF_CALLBACK = {
    "callback_url": "callback.url",
    "callback_headers": "callback.headers",
    "callback_events": "callback.events",
}
OF_RATE = dict.fromkeys(("quota_rate_per_s", "quota_burst", "reader_rate_per_s", "reader_burst"), "its rates")
RATES = {"digest": "nobody's", "rate": "quota_...", "reader_rate": "reader_..."}

TEXT: dict[str, object] = {"stdin_data": None, "data": None, "stdin_blob": None, "blob": None}
"""A content is text or bytes, and never both."""

PAIRS = [
    Pair(sdk.Task, pb.Task, left=OF_SDK, right=OF_PROTO | BYTES | DIGEST),
    Pair(sdk.Task, sdk.TaskOptions, left=dict.fromkeys(("language", "source"), "given by position")),
    Pair(sdk.TestCase, pb.TestCase, right=BYTES | DIGEST),
    Pair(sdk.Comparison, pb.Comparison),
    Pair(sdk.Checker, pb.Checker, left=OF_SDK, right=OF_PROTO),
    Pair(sdk.Limits, pb.Limits),
    Pair(pb.Task, TaskDraft, left={"callback": "the next"} | BYTES | DIGEST, right=OF_CALLBACK | BLOB),
    Pair(pb.TestCase, DraftCase, left=BYTES | DIGEST, right={"epsilon": "comparison.epsilon"} | BLOB),
    Pair(
        TaskDraft,
        wire_task.TaskMessage,
        left={
            "idempotency_key": "becomes the id",
            "queue_deadline_ms": "becomes expires_at_ms",
            **OF_CALLBACK,
            "cache": "becomes answer and keeps_answer, where the task is answered or shares its answer",
            "archive": "becomes files",
        },
        right=SETTLED
        | OF_HISTORY
        | OF_ANSWERS
        | OF_GATEWAY
        | BYTES
        | {"expires_at_ms": "of queue_deadline_ms", "callback": "of the draft's callback_..."},
    ),
    Pair(wire_task.TaskMessage, KeptSource, left=NOT_KEPT),
    Pair(pb.TestCase, wire_task.TestCase, left=DIGEST, right=BLOB),
    Pair(pb.Comparison, wire_task.Comparison),
    Pair(pb.Checker, wire_task.Checker),
    Pair(pb.File, wire_task.SourceFile, left={"digest": "its blob's"}, right={"blob": "of its digest"}),
    Pair(pb.Limits, wire_task.Limits),
    Pair(sdk.Interaction, pb.Interaction),
    Pair(sdk.Terminal, pb.Terminal),
    Pair(pb.Interaction, DraftInteraction),
    Pair(
        DraftInteraction,
        wire_interaction.Interaction,
        left={"clock_goes_on": "the other way round"},
        right={"clock_stands": "the other way round"},
    ),
    Pair(pb.Terminal, wire_interaction.Terminal),
    Pair(sdk.Callback, pb.Callback),
    Pair(pb.Callback, wire_task.Callback, right={"occasion": "set where an operator has the task run once more"}),
    Pair(wire.Execution, pb.Execution),
    Pair(wire.Stage, pb.Stage),
    Pair(wire_diagnostic.Diagnostic, pb.Diagnostic),
    Pair(wire_file.OutputFile, pb.OutputFile),
    Pair(pb.OutputFile, sdk_file.OutputFile),
    Pair(wire_test.TestResult, pb.TestResult),
    Pair(pb.TestResult, sdk_test.TestResult),
    Pair(wire.CaseResult, pb.CaseResult),
    Pair(wire.OutputChunk, pb.OutputChunk, left={"id": "a watcher knows which task it watches"}),
    Pair(wire_letter.DeadLetter, operations_pb2.DeadLetter, left={"subject": "the bus's matter"}),
    Pair(wire_progress.Progress, callback_pb2.Progress),
    Pair(
        callback_pb2.Progress,
        model.Progress,
        left={"execution": "whose fields the SDK's has itself"},
        right=dict.fromkeys(field_names(pb.Execution), "execution's"),
    ),
    Pair(wire_callback.CallbackRecord, pb.CallbackRecord),
    Pair(wire_callback.CallbackAttempt, pb.CallbackAttempt),
    Pair(pb.CallbackRecord, model.CallbackRecord),
    Pair(keys_pb2.ApiKey, api_key.ApiKey),
    Pair(keys_pb2.ApiKey, domain_key.ApiKey, left=OF_RATE, right=RATES),
    Pair(keys_pb2.CreateKeyRequest, domain_key.KeyDraft),
    Pair(wire_joined.JoinedNode, nodes_pb2.JoinedNode),
    Pair(nodes_pb2.JoinedNode, joined_node.JoinedNode),
    Pair(pb.CallbackAttempt, model.CallbackAttempt),
    Pair(wire_node.NodeRecord, catalog_pb2.Node, left=OF_VERSIONS),
    Pair(pb.Execution, model.Execution),
    Pair(pb.Stage, model.Stage),
    Pair(pb.Diagnostic, model.Diagnostic),
    Pair(pb.CaseResult, model.CaseResult),
    Pair(pb.OutputChunk, model.Output),
    Pair(operations_pb2.DeadLetter, model.DeadLetter),
    Pair(catalog_pb2.Node, model.Node),
]

ENUMERATIONS: list[tuple[type[Enum], Any, type[Enum] | None]] = [
    (status.Status, pb.Execution.Status, model.Status),
    (status.Verdict, pb.CaseResult.Verdict, model.Verdict),
    (status.Severity, pb.Diagnostic.Severity, model.Severity),
    (status.Priority, pb.Task.Priority, None),
    (answers.CacheMode, pb.Task.Cache, None),
    (status.NodeState, catalog_pb2.Node.State, model.NodeState),
    (wire_task.CallbackEvent, pb.Callback.Event, None),
    (wire_task.ComparisonMode, pb.Comparison.Mode, None),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_both_have_the_same_fields_but_for_those_that_the_table_names(pair: Pair) -> None:
    one, other = field_names(pair.one), field_names(pair.other)
    assert one - other == set(pair.left)
    assert other - one == set(pair.right)


@pytest.mark.parametrize(("ours", "protos", "sdks"), ENUMERATIONS)
def test_an_enumeration_has_the_same_words_everywhere(ours: type[Enum], protos: Any, sdks: type[Enum] | None) -> None:
    names = {one.name for one in ours}
    assert {name for name in protos.keys() if not name.endswith("_UNSPECIFIED")} == names  # noqa: SIM118 - no mapping
    assert sdks is None or {one.name for one in sdks} == names


def test_every_field_that_a_caller_fills_is_in_the_request() -> None:
    asked: sdk.Task = Filler(priority="HIGH", cache="READ").filled(sdk.Task)
    message = requests.task_message(asked)
    assert list(unset(message)) == []
    assert leaves(message) == _as_the_proto_says(leaves(asked))


def test_every_field_of_a_request_arrives_at_the_node() -> None:
    asked: pb.Task = Filler().filled(pb.Task)
    assert list(unset(asked)) == []
    draft = draft_of(asked)
    terms = Terms(
        TaskId("t1"),
        "blog",
        (asked.language, asked.checker.language),
        "pool",
        ResourceLimit(DEFAULT_LIMITS).changed_by(draft.limits),
        NOW_MS,
    )
    message = leaves(ExecutionTask.accepted(draft, terms).message)
    expected = leaves(asked)
    del expected["idempotency_key"], expected["cache"], expected["archive"]
    assert message.pop("interaction.clock_stands") is not expected.pop("interaction.clock_goes_on")
    expected["expires_at_ms"] = NOW_MS + expected.pop("queue_deadline_ms")  # type: ignore[operator] # a number
    expected["cases[0].comparison.mode"] = "float"
    assert {path: message.pop(path, None) for path in expected} == expected
    of_bytes = {path for path, value in message.items() if path.endswith(("data", "blob")) and value is None}
    of_gateway = set(SETTLED) | set(OF_ANSWERS) | set(OF_HISTORY) | set(OF_GATEWAY)
    assert set(message) - of_bytes == of_gateway | {"callback.occasion"}


def test_every_field_of_a_kept_source_arrives_at_the_caller() -> None:
    message: wire_task.TaskMessage = Filler(keeps_source=True, mode="float", **TEXT).filled(wire_task.TaskMessage)
    kept = KeptSource.of(message)
    assert kept is not None
    told = leaves(kept)
    names = {path: told.pop(path) for path in list(told) if path.startswith("env")}
    assert set(names.values()) == set(message.env)
    answer = leaves(source_message(kept))
    assert {path: answer.pop(path, None) for path in told if not path.endswith(".mode")} == {
        path: value for path, value in told.items() if not path.endswith(".mode")
    }
    again = requests.task_message(kept_task(source_message(kept)))
    assert again.idempotency_key
    again.idempotency_key = ""
    assert again == source_message(kept)


def test_bytes_arrive_at_the_node_and_come_back_with_the_source() -> None:
    case = sdk.TestCase(stdin=b"\xff1")
    checker = sdk.Checker("python", {"c.py": b"\xff2"})
    task = sdk.Task(language="x", source={"a": b"\xff3", "b": "t"}, stdin=b"\xff4", cases=[case], checker=checker)
    draft = draft_of(requests.task_message(task))
    terms = Terms(TaskId("t1"), "blog", ("x", "python"), "pool", ResourceLimit(DEFAULT_LIMITS), NOW_MS)
    message = ExecutionTask.accepted(draft, terms).message
    assert (message.input, message.stdin, message.cases[0].input) == (b"\xff4", "", b"\xff1")
    assert message.checker is not None
    assert [one.held for one in (*message.files, *message.checker.files)] == [b"\xff3", "t", b"\xff2"]
    kept = KeptSource.of(msgspec.structs.replace(message, keeps_source=True))
    assert kept is not None
    back = kept_task(source_message(kept))
    assert (back.source, back.stdin, back.cases[0].stdin) == (task.source, task.stdin, case.stdin)
    assert back.checker == checker


def _as_the_proto_says(asked: Leaves) -> Leaves:
    """The SDK's own words put into the proto's."""
    said: Leaves = {}
    for path, value in asked.items():
        owner, _, name = path.rpartition("version")
        if owner in ("", "checker.") and not name:
            said[f"{owner}language_version"] = value
        elif "source." in path:
            owner, _, file_name = path.partition("source.")
            said |= {f"{owner}files[0].name": file_name, f"{owner}files[0].content": value}
        else:
            said[path] = value
    return said

"""One message of each kind, as the programs write it, with every field filled: what a golden file keeps of a version.

A new field of a message gets its value here as well; ``test_released_versions`` misses it until then."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from broker_gateway.domain.seals import Seals
from broker_gateway.domain.task_id import TaskId
from schemas import blob_names, names
from schemas.answers import KeptAnswer, answer_key
from schemas.audit import AuditRecord
from schemas.blob import BlobRef, HeldBlob
from schemas.callback import CallbackAttempt, CallbackRecord, DeliveryState
from schemas.dead_letter import DeadLetter
from schemas.diagnostic import Diagnostic
from schemas.execution import RUN_STAGE, Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.interaction import Interaction, Said, SignalName, Terminal
from schemas.joined import JoinedNode, joined_subject
from schemas.lanes import BacklogNotice
from schemas.node import DRAIN, TALK, CancelOrder, CancelReply, NodeOrder
from schemas.output_file import OutputFile
from schemas.progress import ProgressMessage
from schemas.status import DeadReason, LimitName, Priority, Severity, Status, Verdict
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from schemas.task import Callback, CallbackEvent, Checker, SourceFile, TaskMessage
from schemas.test_result import TestResult, TestStatus
from tests.builders import (
    LIMITS,
    a_case,
    a_case_result,
    a_language_record,
    a_node_record,
    a_stage,
    a_task,
    an_execution,
)

SEAL_KEY = "the seal of an installation that is not there"
ID_SECRET = b"a secret of the installation"
CLIENT, IDEMPOTENCY_KEY = "blog", "post-7-sample-2"
AT_MS = 1_795_000_000_000
"""In November 2026."""
_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_DIGEST = "5f70bf18a086007016e948b04aed3b82"
_BLOB = BlobRef(digest=f"sha256:{'0a' * 32}", size=20 << 20, place="0123456789abcdef.00112233445566778899aabbccddeeff")
SEALS = Seals([SEAL_KEY])


@dataclass(frozen=True, slots=True)
class Example:
    """``place``: its subject, or its key in etcd; empty for an answer, which goes to whoever asked."""

    place: str
    message: msgspec.Struct


def examples() -> dict[str, Example]:
    """By kind: one of everything that is on the bus, and the record in etcd."""
    task = _task()
    result = ResultMessage.of(_finished(task), task, digest=_DIGEST)
    return {
        "task": Example(names.task_subject(task.pool, task.priority, task.id), task),
        "result": Example(names.result_subject(task.id), result),
        "question about a result, its answer": Example("", result),
        **_news_of(task),
        "dead letter": Example(names.dead_subject(DeadReason.UNDELIVERED, task.id), _letter(result)),
        **_deliveries_of(task),
        **_answers_to(task),
        "audit": Example(names.audit_subject("Get"), _audited(task.id)),
        "cancel order": Example(names.cancel_subject(task.id), CancelOrder(id=task.id, reason="no longer wanted")),
        "cancel order, its reply": Example("", CancelReply(id=task.id, node_id="n1")),
        **_nodes(),
        "blob": Example(blob_names.blob_subject(CLIENT, _BLOB.digest), _held()),
        "node that joined": Example(joined_subject("n1"), _joined()),
    }


_CALLBACK = Callback(
    url="https://blog.example/finished",
    occasion="redriven-1",
    headers="blog",
    events=[CallbackEvent.RUNNING, CallbackEvent.CASE],
)


def _task() -> TaskMessage:
    task_id = TaskId.of_key(CLIENT, IDEMPOTENCY_KEY, ID_SECRET).value
    answered = a_task(
        task_id,
        language="cpp",
        language_version="14",
        files=[
            SourceFile("main.cpp", "int main() {}\n"),
            SourceFile("schön.hpp", '#define SAYS "schön"\n'),
            SourceFile.of("pixel.png", b"\x89PNG"),
            SourceFile("large.csv", "", blob=_BLOB),
        ],
        entry_point="main.cpp",
        stdin="",
        stdin_data=b"6 7\xff\n",
        args=["--fast"],
        env={"LANG": "C.UTF-8"},
        compile_options=["-O2"],
        priority=Priority.HIGH,
        cases=[
            msgspec.structs.replace(
                a_case("sum", stdin="", expected="3", mode="float"), args=["-v"], limits=LIMITS, stdin_data=b"1 2\xff"
            ),
            msgspec.structs.replace(a_case("large", stdin="", expected="3"), stdin_blob=_BLOB),
        ],
        stop_at_first_failure=True,
        checker=Checker(language="python", language_version="3", files=[SourceFile("check.py", "raise SystemExit(0)")]),
        callback=_CALLBACK,
        submitted_at_ms=AT_MS,
        expires_at_ms=AT_MS + 60_000,
        large_result=True,
        traceparent=_TRACEPARENT,
        keeps_answer=True,
        reader="reader-7",
        keeps_source=True,
        outputs=["out/*"],
        redirect_stderr=True,
        interaction=Interaction(
            terminal=Terminal(rows=24, columns=80), session_ms=600_000, grace_ms=30_000, clock_stands=True
        ),
        stdin_blob=_BLOB,
        keeps_files=True,
        packages=["numpy==2.1.*"],
        test_framework="catch2",
    )
    answer = answer_key(answered, {_DIGEST})
    return SEALS.sealed(msgspec.structs.replace(answered, answer=answer))


def _finished(task: TaskMessage) -> Execution:
    stage = a_stage(signal=9, exit_code=None, stdout_truncated=True, limits_hit=[LimitName.WALL.value])
    finding = Diagnostic(
        stage="compile",
        file="main.cpp",
        line=1,
        column=5,
        severity=Severity.WARNING,
        message="unused variable",
        code="-Wunused-variable",
    )
    return an_execution(
        task.id,
        Status.FAILED,
        language="cpp",
        language_version="14.2.0",
        queued_ms=12.25,
        labels=task.labels,
        compile=a_stage("", stderr="main.cpp:1:5: warning", stderr_truncated=True, stderr_invalid_utf8=True),
        run=msgspec.structs.replace(stage, stdout_invalid_utf8=True, stdout_data=b"\xff", stderr_data=b"\xfe"),
        files=[
            OutputFile(name="out/a.png", size=1, media_type="image/png", digest="sha256:00", data=b"\xff", place="p1")
        ],
        tests=[
            TestResult(
                name="sum",
                suite="main.cpp",
                status=TestStatus.FAILED,
                duration_ms=1.5,
                message="3 was expected",
                file="main.cpp",
                line=7,
            )
        ],
        cases=[a_case_result(Verdict.WRONG_ANSWER, name="sum", checker_output="3 was expected")],
        warnings=["exec is not for here"],
        error="a case was not accepted",
        submitted_at_ms=AT_MS,
        finished_at_ms=AT_MS + 900,
        diagnostics=[finding],
        cached_at_ms=AT_MS - 5_000,
        not_kept="it met a limit: wall",
        packages=["numpy==2.1.3"],
    )


def _news_of(task: TaskMessage) -> dict[str, Example]:
    running = msgspec.structs.replace(_finished(task), status=Status.RUNNING)
    progress = ProgressMessage.of(running, task, AT_MS + 500, (0, running.cases[0]))
    assert progress is not None
    chunk = OutputChunk(id=task.id, attempt=1, stage="case:0", stream="stderr", offset=64, text="schön\n", at_ms=2.5)
    event = TaskEvent.of(running, task, AT_MS + 20)
    return {
        "event": Example(names.event_subject(task.id, Status.RUNNING), event),
        "event, preparing": Example(names.preparing_subject(task.id), event),
        "event, prepared": Example(names.prepared_subject(task.id), event),
        "progress": Example(names.progress_subject(task.id), progress),
        "output": Example(names.output_subject(task.id), chunk),
    }


def _letter(result: ResultMessage) -> DeadLetter:
    task_id = result.execution.id
    return DeadLetter.of(
        task_id,
        DeadReason.UNDELIVERED,
        "12 attempts, the last: 503",
        subject=names.result_subject(task_id),
        data=msgspec.json.encode(result),
        at_ms=AT_MS + 7_200_000,
        attempts=12,
        max_bytes=1 << 20,
        node_id="n1",
    )


def _deliveries_of(task: TaskMessage) -> dict[str, Example]:
    failed = CallbackAttempt(
        number=1, at_ms=AT_MS + 950, latency_ms=31.5, answer="503", error="busy", next_at_ms=AT_MS + 2_000
    )
    new = CallbackRecord(id=task.id, attempts=0, error="", at_ms=0, url="https://blog.example/…", client=CLIENT)
    retrying = new.after(failed, DeliveryState.GIVEN_UP)
    return {
        "callback": Example(names.callback_subject(task.id, "redriven-1"), retrying),
        "delivered": Example(names.delivered_subject(task.id, ""), retrying),
    }


def _answers_to(task: TaskMessage) -> dict[str, Example]:
    kept = KeptAnswer(task_id=task.id, digests=[_DIGEST], execution=_finished(task), reason="it met a limit: wall")
    return {"kept answer": Example(names.answer_subject(task.answer), kept)}


def _audited(task_id: str) -> AuditRecord:
    return AuditRecord(
        at_ms=AT_MS, action="Get", outcome="OK", client="reviewer", subject=task_id, owner=CLIENT, not_told=2
    )


def _held() -> HeldBlob:
    return HeldBlob(digest=_BLOB.digest, size=_BLOB.size, place=_BLOB.place, expires_at_ms=AT_MS + 86_400_000)


def _joined() -> JoinedNode:
    return JoinedNode(node_id="n1", pools=["default"], nats_public_key=f"U{'A' * 55}", joined_at_ms=AT_MS, by="lab")


def _talk() -> dict[str, Example]:
    said = [
        Said.of(b"6 7\n"),
        Said.of(closes=True),
        Said.of(signal=SignalName.INT),
        Said.of(terminal=Terminal(rows=24, columns=80)),
    ]
    order = NodeOrder(order=TALK, talk=TalkOrder(id="a", first=1, said=said, returns=True))
    printed = OutputChunk(id="a", attempt=1, stage=RUN_STAGE, stream="stdout", offset=0, text="name? ")
    reply = TalkReply(id="a", attempt=1, taken=4, full=True, waits=True, printed=[printed])
    return {
        "what is said to a task": Example(names.node_subject("n1"), order),
        "what is said to a task, its reply": Example("", reply),
        "what is said to a task, its refusal": Example("", TalkRefusal(unknown="a")),
    }


def _nodes() -> dict[str, Example]:
    language = a_language_record(
        "cpp",
        "14.2.0",
        "c++",
        extensions=[".cpp"],
        compiled=True,
        baseline_memory_bytes=4096,
        title="C++",
        sample="int main() {}\n",
        editor_mode="cpp",
        test_frameworks=["catch2"],
        digest=_DIGEST,
        packages="pypi",
    )
    record = a_node_record(
        "n1",
        language,
        labels={"rack": "7"},
        running=2,
        alarms=["disk"],
        takes_bytes=True,
        talks=True,
        takes_blobs=True,
        takes_packages=True,
        version="0.2.0",
        started_at_ms=AT_MS,
        updated_at_ms=AT_MS + 5_000,
    )
    return {
        "node record": Example(names.node_key("n1"), record),
        "roll call, its answer": Example("", record),
        "node order": Example(names.node_subject("n1"), NodeOrder(order=DRAIN)),
        **_talk(),
        "backlog notice": Example(names.backlog_subject("default"), BacklogNotice(priority=Priority.LOW, lane=3)),
    }

"""Conversions from the gateway's messages to the client's types."""

from __future__ import annotations

import dataclasses

from coderunner import model
from coderunner.audit_record import AuditRecord
from coderunner.errors import CodeRunnerError
from coderunner.output_file import OutputFile
from coderunner.test_result import TestResult, TestStatus
from coderunner.v1 import callback_pb2, catalog_pb2, execution_pb2, operations_pb2


def execution(message: execution_pb2.Execution) -> model.Execution:
    """The Execution that ``message`` describes. Raises CodeRunnerError for a state that this version does not know."""
    return model.Execution(
        id=message.id,
        status=_status(message.status),
        language=message.language,
        language_version=message.language_version,
        node_id=message.node_id,
        attempt=message.attempt,
        queued_ms=message.queued_ms,
        labels=dict(message.labels),
        compile=_stage(message.compile) if message.HasField("compile") else None,
        run=_stage(message.run) if message.HasField("run") else None,
        cases=tuple(_case(case) for case in message.cases),
        error=message.error,
        warnings=tuple(message.warnings),
        submitted_at_ms=message.submitted_at_ms,
        finished_at_ms=message.finished_at_ms,
        diagnostics=tuple(_diagnostic(one) for one in message.diagnostics),
        cached_at_ms=message.cached_at_ms,
        not_kept=message.not_kept,
        packages=tuple(message.packages),
        files=tuple(_file(one) for one in message.files),
        tests=tuple(_test(one) for one in message.tests),
    )


def progress(message: callback_pb2.Progress) -> model.Progress:
    """The progress that a callback told of. Raises CodeRunnerError as ``execution`` does."""
    running = execution(message.execution)
    return model.Progress(
        **{field.name: getattr(running, field.name) for field in dataclasses.fields(running)},
        event=execution_pb2.Callback.Event.Name(message.event),
        sequence=message.sequence,
        at_ms=message.at_ms,
        case_index=message.case_index if message.HasField("case_index") else None,
    )


def output(message: execution_pb2.OutputChunk) -> model.Output:
    stderr = message.stream == execution_pb2.OutputChunk.STDERR
    return model.Output(
        stage=message.stage,
        stream=model.Stream.STDERR if stderr else model.Stream.STDOUT,
        offset=message.offset,
        text=message.text,
        attempt=message.attempt,
        at_ms=message.at_ms,
    )


def language(message: catalog_pb2.Language) -> model.Language:
    return model.Language(
        name=message.name,
        versions=tuple(message.versions),
        aliases=tuple(message.aliases),
        extensions=tuple(message.extensions),
        compiled=message.compiled,
        nodes=message.nodes,
        baseline_memory_bytes=message.baseline_memory_bytes,
        title=message.title,
        sample=message.sample,
        editor_mode=message.editor_mode,
        test_frameworks=tuple(message.test_frameworks),
    )


def node(message: catalog_pb2.Node) -> model.Node:
    return model.Node(
        id=message.id,
        host=message.host,
        pools=tuple(message.pools),
        languages=dict(message.languages),
        capacity=message.capacity,
        running=message.running,
        cpu_percent=message.cpu_percent,
        memory_percent=message.memory_percent,
        load_score=message.load_score,
        state=_node_state(message.state),
        version=message.version,
        sandbox_runtime=message.sandbox_runtime,
        started_at_ms=message.started_at_ms,
        updated_at_ms=message.updated_at_ms,
        alarms=tuple(message.alarms),
        disk_percent=message.disk_percent,
        labels=dict(message.labels),
    )


def dead_letter(message: operations_pb2.DeadLetter) -> model.DeadLetter:
    return model.DeadLetter(
        id=message.id,
        reason=message.reason,
        detail=message.detail,
        attempts=message.attempts,
        at_ms=message.at_ms,
        node_id=message.node_id,
        payload=message.payload,
    )


def audit_record(message: operations_pb2.AuditRecord) -> AuditRecord:
    return AuditRecord(
        at_ms=message.at_ms,
        action=message.action,
        outcome=message.outcome,
        client=message.client,
        subject=message.subject,
        owner=message.owner if message.HasField("owner") else None,
        not_told=message.not_told,
    )


def callback_record(message: execution_pb2.CallbackRecord) -> model.CallbackRecord:
    return model.CallbackRecord(
        id=message.id,
        url=message.url,
        client=message.client,
        state=message.state,
        attempts=message.attempts,
        error=message.error,
        at_ms=message.at_ms,
        tried=tuple(_attempt(one) for one in message.tried),
    )


def _attempt(message: execution_pb2.CallbackAttempt) -> model.CallbackAttempt:
    return model.CallbackAttempt(
        number=message.number,
        at_ms=message.at_ms,
        latency_ms=message.latency_ms,
        answer=message.answer,
        error=message.error,
        next_at_ms=message.next_at_ms,
    )


def _stage(message: execution_pb2.Stage) -> model.Stage:
    return model.Stage(
        exit_code=message.exit_code if message.HasField("exit_code") else None,
        signal=message.signal if message.HasField("signal") else None,
        stdout=message.stdout,
        stderr=message.stderr,
        stdout_truncated=message.stdout_truncated,
        stderr_truncated=message.stderr_truncated,
        stdout_invalid_utf8=message.stdout_invalid_utf8,
        stderr_invalid_utf8=message.stderr_invalid_utf8,
        wall_ms=message.wall_ms,
        cpu_ms=message.cpu_ms,
        peak_memory_bytes=message.peak_memory_bytes,
        limits_hit=tuple(message.limits_hit),
        stdout_data=message.stdout_data if message.HasField("stdout_data") else None,
        stderr_data=message.stderr_data if message.HasField("stderr_data") else None,
    )


def _case(message: execution_pb2.CaseResult) -> model.CaseResult:
    try:
        verdict = model.Verdict(execution_pb2.CaseResult.Verdict.Name(message.verdict))
    except ValueError as error:
        raise _unknown("verdict", message.verdict) from error
    return model.CaseResult(
        name=message.name,
        verdict=verdict,
        stage=_stage(message.stage) if message.HasField("stage") else None,
        checker_output=message.checker_output,
    )


def _file(message: execution_pb2.OutputFile) -> OutputFile:
    data = message.data if message.HasField("data") else None
    return OutputFile(message.name, message.size, message.media_type, message.digest, data, message.place)


def _test(message: execution_pb2.TestResult) -> TestResult:
    return TestResult(
        name=message.name,
        suite=message.suite,
        status=_test_status(message.status),
        duration_ms=message.duration_ms,
        message=message.message,
        file=message.file,
        line=message.line,
    )


def _test_status(value: execution_pb2.TestResult.Status) -> TestStatus:
    """An end that this version does not know is no success."""
    try:
        return TestStatus(execution_pb2.TestResult.Status.Name(value))
    except ValueError:
        return TestStatus.ERROR


def _diagnostic(message: execution_pb2.Diagnostic) -> model.Diagnostic:
    return model.Diagnostic(
        stage=message.stage,
        file=message.file,
        line=message.line,
        column=message.column,
        severity=_severity(message.severity),
        message=message.message,
        code=message.code,
    )


def _severity(value: execution_pb2.Diagnostic.Severity) -> model.Severity:
    """A kind that this version does not know is an error: it is told, in any case."""
    try:
        return model.Severity(execution_pb2.Diagnostic.Severity.Name(value))
    except ValueError:
        return model.Severity.ERROR


def _status(value: execution_pb2.Execution.Status) -> model.Status:
    try:
        return model.Status(execution_pb2.Execution.Status.Name(value))
    except ValueError as error:
        raise _unknown("status", value) from error


def _node_state(value: catalog_pb2.Node.State) -> model.NodeState:
    try:
        return model.NodeState(catalog_pb2.Node.State.Name(value))
    except ValueError as error:
        raise _unknown("node state", value) from error


def _unknown(what: str, value: int) -> CodeRunnerError:
    return CodeRunnerError(
        f"the gateway speaks of a {what} ({value}) that this version does not know; upgrade coderunner"
    )

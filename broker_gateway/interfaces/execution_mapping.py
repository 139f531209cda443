"""The mapping of the shared kernel's executions to protobuf."""

from __future__ import annotations

from coderunner.v1 import execution_pb2 as pb
from schemas.diagnostic import Diagnostic
from schemas.execution import CaseResult, Execution, OutputChunk, Stage
from schemas.output_file import OutputFile
from schemas.status import Status
from schemas.test_result import TestResult

STATUSES = {pb.Execution.Status.Value(status.value): status for status in Status}
"""What a number stands for. Protobuf takes names where it builds messages."""

_STREAMS = {"stdout": pb.OutputChunk.STDOUT, "stderr": pb.OutputChunk.STDERR}


def execution_message(execution: Execution) -> pb.Execution:
    """The execution as clients get it."""
    return pb.Execution(
        id=execution.id,
        status=execution.status.value,
        language=execution.language,
        language_version=execution.language_version,
        node_id=execution.node_id,
        attempt=execution.attempt,
        queued_ms=execution.queued_ms,
        labels=execution.labels,
        compile=_stage(execution.compile),
        run=_stage(execution.run),
        cases=[_case(case) for case in execution.cases],
        error=execution.error,
        warnings=execution.warnings,
        submitted_at_ms=execution.submitted_at_ms,
        finished_at_ms=execution.finished_at_ms or 0,
        diagnostics=[_diagnostic(one) for one in execution.diagnostics],
        cached_at_ms=execution.cached_at_ms,
        not_kept=execution.not_kept,
        files=[_file(one) for one in execution.files],
        packages=execution.packages,
        tests=[_test(one) for one in execution.tests],
    )


def _test(test: TestResult) -> pb.TestResult:
    return pb.TestResult(
        name=test.name,
        suite=test.suite,
        status=test.status.value,
        duration_ms=test.duration_ms,
        message=test.message,
        file=test.file,
        line=test.line,
    )


def _file(file: OutputFile) -> pb.OutputFile:
    return pb.OutputFile(
        name=file.name,
        size=file.size,
        media_type=file.media_type,
        digest=file.digest,
        data=file.data,
        place=file.place,
    )


def _diagnostic(diagnostic: Diagnostic) -> pb.Diagnostic:
    return pb.Diagnostic(
        stage=diagnostic.stage,
        file=diagnostic.file,
        line=diagnostic.line,
        column=diagnostic.column,
        severity=diagnostic.severity.value,
        message=diagnostic.message,
        code=diagnostic.code,
    )


def _stage(stage: Stage | None) -> pb.Stage | None:
    if stage is None:
        return None
    return pb.Stage(
        exit_code=stage.exit_code,
        signal=stage.signal,
        stdout=stage.stdout,
        stderr=stage.stderr,
        stdout_truncated=stage.stdout_truncated,
        stderr_truncated=stage.stderr_truncated,
        stdout_invalid_utf8=stage.stdout_invalid_utf8,
        stderr_invalid_utf8=stage.stderr_invalid_utf8,
        wall_ms=stage.wall_ms,
        cpu_ms=stage.cpu_ms,
        peak_memory_bytes=stage.peak_memory_bytes,
        limits_hit=stage.limits_hit,
        stdout_data=stage.stdout_data,
        stderr_data=stage.stderr_data,
    )


def _case(case: CaseResult) -> pb.CaseResult:
    return pb.CaseResult(
        name=case.name,
        verdict=case.verdict.value,
        stage=_stage(case.stage),
        checker_output=case.checker_output,
    )


def chunk_message(chunk: OutputChunk) -> pb.OutputChunk:
    """A piece of live output as watchers get it."""
    return pb.OutputChunk(
        stage=chunk.stage,
        stream=_STREAMS.get(chunk.stream, pb.OutputChunk.STREAM_UNSPECIFIED),
        offset=chunk.offset,
        text=chunk.text,
        attempt=chunk.attempt,
        at_ms=chunk.at_ms,
    )

"""The mapping of what was submitted back to protobuf."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from coderunner.v1 import execution_pb2 as pb
from schemas.blob import BlobRef
from schemas.kept_source import KeptSource
from schemas.task import Checker, Limits, SourceFile, TestCase


def source_message(kept: KeptSource) -> pb.Task:
    """The task as its client gets it back: variables of the environment have their names and no values."""
    return pb.Task(
        language=kept.language,
        language_version=kept.language_version,
        files=_files(kept.files),
        entry_point=kept.entry_point,
        **_stdin(kept.stdin, kept.stdin_data, kept.stdin_blob),
        args=kept.args,
        env=dict.fromkeys(kept.env, ""),
        compile_options=kept.compile_options,
        limits=_limits(kept.limits),
        priority=kept.priority.value,
        cases=[_case(case) for case in kept.cases],
        stop_at_first_failure=kept.stop_at_first_failure,
        checker=_checker(kept.checker),
        large_result=kept.large_result,
        outputs=kept.outputs,
        redirect_stderr=kept.redirect_stderr,
        packages=kept.packages,
        test_framework=kept.test_framework,
    )


def _files(files: Sequence[SourceFile]) -> list[pb.File]:
    return [_file(file) for file in files]


def _file(file: SourceFile) -> pb.File:
    if file.blob is not None:
        return pb.File(name=file.name, digest=file.blob.digest)
    if file.data is not None:
        return pb.File(name=file.name, data=file.data)
    return pb.File(name=file.name, content=file.content)


def _stdin(text: str, data: bytes | None, blob: BlobRef | None) -> dict[str, Any]:
    if blob is not None:
        return {"stdin_digest": blob.digest}
    return {"stdin": text} if data is None else {"stdin_data": data}


def _limits(limits: Limits) -> pb.Limits:
    return pb.Limits(**msgspec.structs.asdict(limits))


def _case(case: TestCase) -> pb.TestCase:
    return pb.TestCase(
        name=case.name,
        **_stdin(case.stdin, case.stdin_data, case.stdin_blob),
        args=case.args,
        expected_output=case.expected_output,
        comparison=pb.Comparison(mode=case.comparison.mode.upper(), epsilon=case.comparison.epsilon),
        limits=_limits(case.limits) if case.limits is not None else None,
    )


def _checker(checker: Checker | None) -> pb.Checker | None:
    if checker is None:
        return None
    return pb.Checker(language=checker.language, language_version=checker.language_version, files=_files(checker.files))

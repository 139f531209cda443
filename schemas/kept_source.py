"""What a client submitted, as a history keeps it: enough to run it again, and nothing that is a secret."""

from __future__ import annotations

import msgspec

from schemas.blob import BlobRef
from schemas.content import content_in
from schemas.status import Priority
from schemas.task import Checker, Limits, SourceFile, TaskMessage, TestCase

SOURCE_BYTES = 512 << 10
"""Of one as JSON. What is larger is not kept: it travels with the result, which must have its room on the bus."""

_encoder = msgspec.json.Encoder()


class KeptSource(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it was submitted. Values of environment variables and addresses of callbacks are left out: people put
    passwords there."""

    language: str
    language_version: str
    """As it was asked for."""
    files: list[SourceFile]
    entry_point: str
    stdin: str
    args: list[str]
    env: list[str]
    """Names alone."""
    compile_options: list[str]
    limits: Limits
    priority: Priority
    cases: list[TestCase]
    stop_at_first_failure: bool
    checker: Checker | None
    large_result: bool
    stdin_data: bytes | None = None
    outputs: list[str] = []
    redirect_stderr: bool = False
    stdin_blob: BlobRef | None = None
    """Of blobs it has the digest, and not what they hold."""
    packages: list[str] = []
    test_framework: str = ""

    @classmethod
    def of(cls, task: TaskMessage) -> KeptSource | None:
        """What is kept of the task: None where nobody asked for it, and where it is too large."""
        if not task.keeps_source or not may_be_kept(task):
            return None
        kept = cls(
            language=task.language,
            language_version=task.language_version,
            files=task.files,
            entry_point=task.entry_point,
            stdin=task.stdin,
            args=task.args,
            env=sorted(task.env),
            compile_options=task.compile_options,
            limits=task.limits,
            priority=task.priority,
            cases=task.cases,
            stop_at_first_failure=task.stop_at_first_failure,
            checker=task.checker,
            large_result=task.large_result,
            stdin_data=task.stdin_data,
            outputs=task.outputs,
            redirect_stderr=task.redirect_stderr,
            stdin_blob=task.stdin_blob,
            packages=task.packages,
            test_framework=task.test_framework,
        )
        return kept if kept.json_bytes() <= SOURCE_BYTES else None

    def json_bytes(self) -> int:
        """Its size on the bus."""
        return len(_encoder.encode(self))


def may_be_kept(task: TaskMessage) -> bool:
    """False for a task of which it is plain without a look at its bytes that it is too large."""
    return _characters(task) <= SOURCE_BYTES


def _characters(task: TaskMessage) -> int:
    """Of its large parts, which no encoding makes fewer; bytes where they are no text."""
    checkers = task.checker.files if task.checker is not None else []
    files = sum(len(file.held) for file in (*task.files, *checkers))
    cases = sum(len(case.input) + len(case.expected_output) for case in task.cases)
    return files + len(content_in(task.stdin, task.stdin_data)) + cases

"""A blob's digest goes from the caller to the node, and comes back with the source."""

from __future__ import annotations

import msgspec

from broker_gateway.domain.execution_task import ExecutionTask, Terms
from broker_gateway.domain.resource_limit import DEFAULT_LIMITS, ResourceLimit
from broker_gateway.domain.task_id import TaskId
from broker_gateway.interfaces.draft_mapping import draft_of
from broker_gateway.interfaces.source_mapping import source_message
from coderunner import blob as sdk_blob
from coderunner import requests
from coderunner import task as sdk
from coderunner.kept_task import kept_task
from schemas.kept_source import KeptSource

NOW_MS = 1_000_000


def test_blobs_arrive_at_the_node_by_their_digests_and_come_back_with_the_source() -> None:
    one, two = sdk_blob.Blob("sha256:1"), sdk_blob.Blob("sha256:2")
    checker = sdk.Checker("python", {"c.py": two})
    task = sdk.Task(language="x", source={"a": one}, stdin=two, cases=[sdk.TestCase(stdin=one)], checker=checker)
    terms = Terms(TaskId("t1"), "blog", ("x", "python"), "pool", ResourceLimit(DEFAULT_LIMITS), NOW_MS)
    message = ExecutionTask.accepted(draft_of(requests.task_message(task)), terms).message
    assert message.checker is not None
    blobs = (message.files[0].blob, message.stdin_blob, message.cases[0].stdin_blob, message.checker.files[0].blob)
    assert [blob.digest for blob in blobs if blob is not None] == ["sha256:1", "sha256:2", "sha256:1", "sha256:2"]
    kept = KeptSource.of(msgspec.structs.replace(message, keeps_source=True))
    assert kept is not None
    back = kept_task(source_message(kept))
    assert (back.source, back.stdin, back.cases[0].stdin, back.checker) == (task.source, two, one, checker)

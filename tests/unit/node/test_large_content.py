"""A task's blobs are fetched before it runs, and its large files stored before it ends."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from node.application.large_content import LargeContent
from node.application.ports import BlobGoneError
from schemas.blob import BlobRef
from schemas.execution import ResultMessage
from schemas.status import Status
from schemas.task import Checker, SourceFile
from tests.builders import a_case, a_task, an_outcome
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes

from node.domain.sandbox import OutputFile as LeftFile  # isort: skip

TEXT, BINARY = b"a,b\n1,2\n", b"\x89PNG\xff"
MIB = 1 << 20


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def ref(content: bytes) -> BlobRef:
    return BlobRef(digest=digest_of(content), size=len(content), place="c1.u1")


class Store:
    """Both ports, in memory."""

    def __init__(self, *contents: bytes, error: Exception | None = None) -> None:
        self.contents = {digest_of(content): content for content in contents}
        self.fetched: list[str] = []
        self.stored: dict[str, bytes] = {}
        self._error = error

    async def content(self, blob: BlobRef) -> bytes:
        self.fetched.append(blob.digest)
        if self._error is not None:
            raise self._error
        if blob.digest not in self.contents:
            raise BlobGoneError("is not kept any more")
        return self.contents[blob.digest]

    async def store(self, content: bytes) -> str:
        if self._error is not None:
            raise self._error
        self.stored[f"p{len(self.stored)}"] = content
        return f"p{len(self.stored) - 1}"


def a_node(store: Store, *outcomes: Any) -> RunnerOnFakes:
    node = RunnerOnFakes(ScriptedPool(*outcomes))
    node.large = LargeContent(store, store)
    return node


async def test_blobs_are_the_programs_files_and_its_input_each_fetched_once() -> None:
    store = Store(TEXT, BINARY)
    node = a_node(store)
    files = [SourceFile("main.py", "1"), SourceFile("a", "", blob=ref(TEXT)), SourceFile("b", "", blob=ref(BINARY))]
    execution = await node.handle(FakeDelivery(a_task(files=files, stdin_blob=ref(BINARY))))
    assert execution.status is Status.SUCCEEDED
    ((_, launch),) = node.pool.launches
    assert dict(launch.files) == {"main.py": b"1", "a": TEXT, "b": BINARY}
    assert launch.stdin == BINARY
    assert sorted(store.fetched) == sorted([digest_of(TEXT), digest_of(BINARY)])


async def test_blobs_are_the_inputs_of_cases_and_the_checkers_files() -> None:
    node = a_node(Store(TEXT, BINARY))
    case = msgspec.structs.replace(a_case("one", stdin=""), stdin_blob=ref(BINARY))
    checker = Checker(language="python", language_version="", files=[SourceFile("c.py", "", blob=ref(TEXT))])
    await node.handle(FakeDelivery(a_task(cases=[case], checker=checker)))
    (_, program), (_, checking) = node.pool.launches
    assert program.stdin == BINARY
    assert checking.files["c.py"] == TEXT
    assert checking.files["input"] == BINARY


async def test_the_result_takes_digests_along_and_not_what_blobs_hold() -> None:
    node = a_node(Store(TEXT))
    task = a_task(files=[SourceFile("main.py", "", blob=ref(TEXT))], keeps_source=True)
    await node.handle(FakeDelivery(task))
    result: ResultMessage = node.sink.results[task.id]
    assert result.source is not None
    assert result.source.files == task.files


async def test_a_blob_that_is_gone_ends_the_task_in_words_and_nothing_runs() -> None:
    node = a_node(Store())
    execution = await node.handle(FakeDelivery(a_task(stdin_blob=ref(TEXT))))
    assert (execution.status, execution.error) == (
        Status.REJECTED,
        f"the blob {digest_of(TEXT)} is not kept any more",
    )
    assert node.pool.launches == []


@pytest.mark.parametrize("error", [ConnectionError("no gateway"), TimeoutError()])
async def test_a_blob_that_cannot_be_asked_for_hands_the_task_back_and_not_for_ever(error: Exception) -> None:
    node = a_node(Store(error=error))
    delivery = FakeDelivery(a_task(stdin_blob=ref(TEXT)))
    await node.runner.handle(delivery)
    assert any(one.startswith("retry_in") for one in delivery.said)
    last = FakeDelivery(a_task(stdin_blob=ref(TEXT)), attempt=100)
    execution = await node.handle(last)
    assert execution.status is Status.INTERNAL_ERROR


async def test_a_node_that_fetches_none_refuses_such_a_task() -> None:
    node = RunnerOnFakes(ScriptedPool())
    execution = await node.handle(FakeDelivery(a_task(stdin_blob=ref(TEXT))))
    assert (execution.status, execution.error) == (Status.REJECTED, "this node fetches no blobs")


def left(*contents: bytes) -> Any:
    return an_outcome(files=tuple(LeftFile(f"out/{n}", len(one), one) for n, one in enumerate(contents)))


async def test_files_that_the_result_has_no_room_for_are_stored_and_told_where() -> None:
    store = Store()
    node = a_node(store, left(b"1", b"2" * 2 * MIB, b"3"))
    execution = await node.handle(FakeDelivery(a_task(outputs=["out/*"], keeps_files=True)))
    small, large, other = execution.files
    assert (small.data, large.data, other.data) == (b"1", None, b"3")
    assert (small.place, large.place) == ("", "p0")
    assert large.digest == digest_of(b"2" * 2 * MIB)
    assert store.stored == {"p0": b"2" * 2 * MIB}
    assert execution.warnings == []
    assert node.pool.launches[0][1].outputs_bytes == 32 * MIB


async def test_nothing_is_stored_for_a_gateway_that_does_not_ask_for_it() -> None:
    store = Store()
    node = a_node(store, left(b"2" * 2 * MIB))
    execution = await node.handle(FakeDelivery(a_task(outputs=["out/*"])))
    assert (execution.files[0].digest, store.stored) == ("", {})
    assert execution.warnings == ["one file was too large to be brought back"]
    assert node.pool.launches[0][1].outputs_bytes == MIB


async def test_where_the_store_takes_nothing_the_task_ends_all_the_same_and_says_so() -> None:
    node = a_node(Store(error=ConnectionError("no stream")), left(b"1", b"2" * 2 * MIB))
    execution = await node.handle(FakeDelivery(a_task(outputs=["out/*"], keeps_files=True)))
    assert execution.status is Status.SUCCEEDED
    assert [file.digest for file in execution.files] == [digest_of(b"1"), ""]
    assert execution.warnings == ["1 files could not be stored: no stream"]

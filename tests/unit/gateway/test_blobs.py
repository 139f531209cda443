"""Blobs: who may put what, whose they are, and what tasks may make of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
import pytest

from broker_gateway.application.blob_service import BlobAppService, Content
from broker_gateway.application.commands import (
    Busy,
    Caller,
    Invalid,
    SubmitTaskCommand,
    TaskDTO,
    TooSlow,
    UnknownBlob,
    Unserved,
    Visitor,
)
from broker_gateway.application.uploading import Said
from broker_gateway.domain.blobs import MAX_TASK_BLOBS, BlobPolicy
from broker_gateway.domain.draft import DraftCase
from schemas.blob import CHUNK_BYTES, BlobRef, HeldBlob
from schemas.output_file import OutputFile
from schemas.task import Checker, SourceFile
from tests.builders import a_draft, a_node_record, a_result
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes, command

LARGE = bytes(range(256)) * 3_000
KIB, MIB = 1 << 10, 1 << 20


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


async def in_pieces(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.fixture
def gateway() -> GatewayOnFakes:
    return GatewayOnFakes()


def service(gateway: GatewayOnFakes, policy: BlobPolicy | None = None) -> BlobAppService:
    return gateway.large.service(gateway.service.get, policy)


async def put(gateway: GatewayOnFakes, data: bytes, client: str = "blog") -> HeldBlob:
    held = await gateway.blobs.put(client, Said(digest_of(data), len(data)), in_pieces([data]))
    assert isinstance(held, HeldBlob)
    return held


async def read(content: object, begin: int = 0, end: int | None = None) -> bytes:
    assert isinstance(content, Content)
    return b"".join([piece async for piece in content.pieces(begin, content.size if end is None else end)])


def naming(digest: str, client: str = "blog", **fields: object) -> SubmitTaskCommand:
    files = [SourceFile("main.py", "1"), SourceFile("data", "", blob=BlobRef.asked(digest))]
    given: dict[str, Any] = {"files": files, **fields}
    return SubmitTaskCommand(client, a_draft(**given))


async def forgotten(gateway: GatewayOnFakes, chunks: int = 0) -> None:
    """Once so many are left."""
    if len(gateway.large.store.chunks) != chunks:
        await asyncio.wait_for(gateway.large.store.forgot.wait(), PATIENCE_S)
    assert len(gateway.large.store.chunks) == chunks
    gateway.large.store.forgot.clear()


async def test_what_is_put_in_pieces_of_any_size_is_read_whole_and_in_parts(gateway: GatewayOnFakes) -> None:
    parts = [LARGE[:1], b"", LARGE[1:300_000], LARGE[300_000:]]
    held = await gateway.blobs.put("blog", Said(), in_pieces(parts))
    assert isinstance(held, HeldBlob)
    assert (held.digest, held.size) == (digest_of(LARGE), len(LARGE))
    content = await gateway.blobs.open(Caller("blog"), held.digest)
    assert await read(content) == LARGE
    for begin, end in ((0, 1), (CHUNK_BYTES - 1, CHUNK_BYTES + 1), (CHUNK_BYTES, CHUNK_BYTES), (700_000, 768_000)):
        assert await read(content, begin, end) == LARGE[begin:end]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Said(digest_of(b"other"), 0), "digest"),
        (Said("", 7), "size"),
        (Said("sha256:x", 0), "digest"),
        (Said(digest_of(b"x").upper(), 0), "digest"),
        (Said("", 33 << 20), "size"),
    ],
)
async def test_what_is_not_as_was_said_is_refused_and_leaves_nothing(
    gateway: GatewayOnFakes, said: Said, field: str
) -> None:
    answer = await gateway.blobs.put("blog", said, in_pieces([b"six by"]))
    assert isinstance(answer, Invalid)
    assert [one.field for one in answer.violations] == [field]
    await forgotten(gateway)
    assert gateway.large.store.held == {}


async def test_nothing_and_more_than_was_said_or_is_taken_are_refused(gateway: GatewayOnFakes) -> None:
    small = service(gateway, BlobPolicy(max_bytes=10))
    for said, parts in ((Said(), []), (Said(), [b"x" * 11]), (Said("", 3), [b"xx", b"xx"])):
        answer = await small.put("blog", said, in_pieces(parts))
        assert isinstance(answer, Invalid), parts
        assert answer.violations[0].field == "data"
    await forgotten(gateway)


async def test_a_digest_opens_nobody_elses_blob_and_says_nothing_of_it(gateway: GatewayOnFakes) -> None:
    mine = await put(gateway, LARGE)
    assert isinstance(await gateway.blobs.find("school", mine.digest), UnknownBlob)
    assert isinstance(await gateway.blobs.open(Caller("school"), mine.digest), UnknownBlob)
    answer = await gateway.submission.submit(naming(mine.digest, "school"))
    assert isinstance(answer, Invalid)
    nobodys = await gateway.submission.submit(naming(digest_of(b"nobody's"), "school"))
    assert nobodys == answer
    asked = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal asked
        asked += 1
        yield LARGE

    theirs = await gateway.blobs.put("school", Said(mine.digest, len(LARGE)), pieces())
    assert isinstance(theirs, HeldBlob)
    assert asked == 1, "it was told that somebody has it"
    assert theirs.place != mine.place
    assert gateway.bus.tasks == {}


async def test_an_operator_who_sees_all_has_blobs_of_his_own_alone(gateway: GatewayOnFakes) -> None:
    mine = await put(gateway, LARGE)
    assert isinstance(await gateway.blobs.open(Caller("root", sees_all=True), mine.digest), UnknownBlob)


async def test_what_a_client_has_is_not_asked_for_again_until_half_of_its_time_is_over(
    gateway: GatewayOnFakes,
) -> None:
    first = await put(gateway, LARGE)
    chunks = dict(gateway.large.store.chunks)
    assert await put(gateway, LARGE) == first
    assert await gateway.blobs.put("blog", Said(), in_pieces([LARGE])) == first
    await forgotten(gateway, len(chunks))
    assert gateway.large.store.chunks == chunks
    gateway.now_ms += BlobPolicy().age_ms // 2
    renewed = await put(gateway, LARGE)
    assert renewed.expires_at_ms > first.expires_at_ms
    assert set(chunks) < set(gateway.large.store.chunks), "a task that waits may still need what was there"


async def test_a_client_has_so_much_room_in_whole_chunks_and_others_have_theirs(gateway: GatewayOnFakes) -> None:
    blobs = service(gateway, BlobPolicy(client_bytes=4 * CHUNK_BYTES))
    for number in range(3):
        assert isinstance(await blobs.put("blog", Said(), in_pieces([bytes([number])])), HeldBlob)
    for said in (Said(), Said("", CHUNK_BYTES + 1)):
        answer = await blobs.put("blog", said, in_pieces([b"x" * (CHUNK_BYTES + 1)]))
        assert isinstance(answer, Busy)
        assert answer.retry_after_ms
    await forgotten(gateway, 3)
    assert isinstance(await blobs.put("school", Said(), in_pieces([LARGE])), HeldBlob)


async def test_a_store_that_is_full_is_said_to_be(gateway: GatewayOnFakes) -> None:
    gateway.large.store.max_chunks = 1
    answer = await gateway.blobs.put("blog", Said(), in_pieces([LARGE]))
    assert isinstance(answer, Busy)
    await forgotten(gateway)


async def test_an_upload_that_is_slow_or_pauses_ends_and_leaves_nothing(gateway: GatewayOnFakes) -> None:
    async def for_ever(pause_s: float) -> AsyncIterator[bytes]:
        while True:
            yield bytes(CHUNK_BYTES)
            await asyncio.sleep(pause_s)

    idle = service(gateway, BlobPolicy(idle_s=0.02))
    assert isinstance(await idle.put("blog", Said(), for_ever(3600)), TooSlow)
    slow = service(gateway, BlobPolicy(upload_s=0.05, max_bytes=1 << 40, client_bytes=1 << 40))
    assert isinstance(await slow.put("blog", Said(), for_ever(0.001)), TooSlow)
    await forgotten(gateway)


async def test_an_upload_whose_caller_goes_away_leaves_nothing(gateway: GatewayOnFakes) -> None:
    reached = asyncio.Event()

    async def breaks_off() -> AsyncIterator[bytes]:
        yield LARGE
        reached.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(gateway.blobs.put("blog", Said(), breaks_off()))
    await reached.wait()
    assert gateway.large.store.chunks
    upload.cancel()
    await asyncio.gather(upload, return_exceptions=True)
    await forgotten(gateway)
    assert isinstance(await gateway.blobs.put("blog", Said(), in_pieces([LARGE])), HeldBlob)


async def test_uploads_at_once_are_bounded_for_a_client_and_in_all(gateway: GatewayOnFakes) -> None:
    blobs = service(gateway, BlobPolicy(uploads=3, uploads_per_client=2))
    goes_on = asyncio.Event()

    async def waits() -> AsyncIterator[bytes]:
        yield b"1"
        await goes_on.wait()

    async with asyncio.TaskGroup() as group:
        for client in ("blog", "blog", "school"):
            group.create_task(blobs.put(client, Said(), waits()))
        for _ in range(10):
            await asyncio.sleep(0)
        for client in ("blog", "school"):
            assert isinstance(await blobs.put(client, Said(), in_pieces([b"1"])), Busy)
        goes_on.set()
    assert isinstance(await blobs.put("blog", Said(), in_pieces([b"1"])), HeldBlob)


async def test_a_task_gets_the_places_of_its_blobs_wherever_it_names_them(gateway: GatewayOnFakes) -> None:
    held = await put(gateway, LARGE)
    blob = BlobRef.asked(held.digest)
    case = DraftCase(stdin_blob=blob)
    checker = Checker(language="python", language_version="", files=[SourceFile("c.py", "", blob=blob)])
    asked = naming(held.digest, stdin_blob=blob, cases=[case], checker=checker)
    answer = await gateway.submission.submit(asked)
    assert isinstance(answer, TaskDTO), answer
    task = gateway.bus.tasks[answer.id]
    placed = BlobRef(digest=held.digest, size=len(LARGE), place=held.place)
    assert task.checker is not None
    found = [task.files[1].blob, task.stdin_blob, task.cases[0].stdin_blob, task.checker.files[0].blob]
    assert found == [placed] * 4
    assert task.keeps_files


async def test_digests_that_cannot_be_and_too_many_are_told_before_the_bus_is_asked(gateway: GatewayOnFakes) -> None:
    many = [SourceFile(f"f{n}", "", blob=BlobRef.asked(digest_of(bytes([n])))) for n in range(MAX_TASK_BLOBS + 1)]
    wrong = [SourceFile("main.py", "1"), SourceFile("data", "", blob=BlobRef.asked("sha256:*"))]
    for files in (many, wrong):
        answer = await gateway.submission.submit(SubmitTaskCommand("blog", a_draft(files=files)))
        assert isinstance(answer, Invalid)
    assert gateway.bus.calls == []


async def test_blobs_must_fit_onto_the_disk_of_their_task(gateway: GatewayOnFakes) -> None:
    held = await put(gateway, bytes(5 * MIB))
    answer = await gateway.submission.submit(naming(held.digest, limits={"disk_bytes": 4 * MIB}))
    assert isinstance(answer, Invalid)
    assert "limits.disk_bytes" in answer.violations[0].description


async def test_a_task_with_a_blob_waits_for_the_last_node_that_knows_none(gateway: GatewayOnFakes) -> None:
    held = await put(gateway, LARGE)
    gateway.directory.announce(a_node_record("old", takes_blobs=False))
    answer = gateway.submission.admit(naming(held.digest))
    assert isinstance(answer, Unserved)
    assert "'old'" in answer.message
    assert not isinstance(gateway.submission.admit(command()), Unserved)
    gateway.directory.announce(a_node_record("old", takes_blobs=True))
    assert not isinstance(gateway.submission.admit(naming(held.digest)), Unserved | Invalid)


async def test_a_reader_of_a_page_names_no_blob_of_its_author_and_leaves_no_large_files(
    gateway: GatewayOnFakes,
) -> None:
    held = await put(gateway, LARGE)
    visitor = Visitor("reader", None)
    answer = gateway.submission.admit(SubmitTaskCommand("blog", naming(held.digest).draft, visitor=visitor))
    assert isinstance(answer, Invalid)
    assert [one.field for one in answer.violations] == ["task.files"]
    accepted = await gateway.submission.submit(SubmitTaskCommand("blog", a_draft(), visitor=visitor))
    assert isinstance(accepted, TaskDTO)
    assert not gateway.bus.tasks[accepted.id].keeps_files


async def left(gateway: GatewayOnFakes, **fields: object) -> str:
    """The id of a finished task of the client blog that left one file."""
    answer = await gateway.submission.submit(command(client="blog"))
    assert isinstance(answer, TaskDTO)
    kept = {"name": "out/a b.html", "size": len(LARGE), "media_type": "text/html", "data": None, "place": "p1"}
    file = OutputFile(**{"digest": digest_of(LARGE), **kept, **fields})  # type: ignore[arg-type]
    result = a_result(answer.id)
    execution = msgspec.structs.replace(result.execution, files=[file])
    gateway.bus.finish(msgspec.structs.replace(result, execution=execution, client="blog"))
    return answer.id

"""The node's cache of blobs: fetched once, kept in bounds, believed only where the digest is right."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from node.application.ports import BlobGoneError
from node.infrastructure.blob_cache import CachedBlobs
from schemas.blob import BlobRef

FIVE, SIX = b"12345", b"123456"


def ref(content: bytes, client: str = "c1", upload: str = "u1") -> BlobRef:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return BlobRef(digest=digest, size=len(content), place=f"{client}.{upload}")


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


class Gateways:
    """Where blobs come from."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = {ref(content).digest: content for content in contents}
        self.asked: list[BlobRef] = []
        self.open = asyncio.Event()
        self.open.set()

    async def content(self, blob: BlobRef) -> bytes:
        self.asked.append(blob)
        await self.open.wait()
        if blob.digest not in self.contents:
            raise BlobGoneError("is not kept any more")
        return self.contents[blob.digest]


async def test_the_second_task_needs_no_fetch_whichever_upload_it_names(tmp_path: Path) -> None:
    gateways = Gateways(FIVE)
    cache = CachedBlobs(gateways, tmp_path / "blobs", 100)
    assert await cache.content(ref(FIVE)) == await cache.content(ref(FIVE, upload="u2")) == FIVE
    assert (len(gateways.asked), cache.fetches, cache.hits) == (1, 1, 1)
    again = CachedBlobs(gateways, tmp_path / "blobs", 100)
    assert await again.content(ref(FIVE)) == FIVE
    assert (again.fetches, again.hits) == (0, 1)


async def test_what_is_thrown_out_while_it_is_read_is_read_all_the_same(tmp_path: Path) -> None:
    gateways = Gateways(FIVE, SIX)
    cache = CachedBlobs(gateways, tmp_path, 6)
    await cache.content(ref(FIVE))
    for _ in range(20):
        pair = await asyncio.gather(cache.content(ref(FIVE)), cache.content(ref(SIX)))
        assert list(pair) == [FIVE, SIX]
    assert size_of(tmp_path) <= 6


async def test_another_clients_blob_is_fetched_whatever_it_holds(tmp_path: Path) -> None:
    gateways = Gateways(FIVE)
    cache = CachedBlobs(gateways, tmp_path, 100)
    for client in ("c1", "c2"):
        assert await cache.content(ref(FIVE, client)) == FIVE
    assert len(gateways.asked) == 2


async def test_tasks_that_need_it_at_the_same_time_fetch_it_once(tmp_path: Path) -> None:
    gateways = Gateways(FIVE)
    gateways.open.clear()
    cache = CachedBlobs(gateways, tmp_path, 100)
    first, second, gone = (asyncio.create_task(cache.content(ref(FIVE))) for _ in range(3))
    await asyncio.sleep(0)
    gone.cancel()
    gateways.open.set()
    assert set(await asyncio.gather(first, second)) == {FIVE}
    assert len(gateways.asked) == 1


async def test_the_least_recently_used_is_thrown_out_first(tmp_path: Path) -> None:
    contents = [bytes([n]) * 40 for n in range(3)]
    gateways = Gateways(*contents)
    cache = CachedBlobs(gateways, tmp_path, 100)
    for index in (0, 1, 0, 2, 0, 1):
        assert await cache.content(ref(contents[index])) == contents[index]
    assert [contents.index(gateways.contents[one.digest]) for one in gateways.asked] == [0, 1, 2, 1]
    assert await asyncio.to_thread(size_of, tmp_path) <= 100


async def test_what_was_spoiled_or_not_finished_is_not_believed(tmp_path: Path) -> None:
    gateways = Gateways(FIVE)
    cache = CachedBlobs(gateways, tmp_path, 100)
    await cache.content(ref(FIVE))
    kept = tmp_path / f"c1-{ref(FIVE).digest.removeprefix('sha256:')}"
    kept.write_bytes(b"spoil")
    unfinished = tmp_path / "x.part"
    unfinished.write_bytes(b"1")
    again = CachedBlobs(gateways, tmp_path, 100)
    assert await again.content(ref(FIVE)) == FIVE
    assert len(gateways.asked) == 2
    assert not unfinished.exists()
    assert kept.read_bytes() == FIVE


@pytest.mark.parametrize("max_bytes", [0, 5])
async def test_what_is_larger_than_the_cache_is_fetched_each_time(tmp_path: Path, max_bytes: int) -> None:
    gateways = Gateways(SIX)
    cache = CachedBlobs(gateways, tmp_path, max_bytes)
    for _ in range(2):
        assert await cache.content(ref(SIX)) == SIX
    assert len(gateways.asked) == 2


async def test_a_disk_that_takes_nothing_keeps_no_task_from_its_blob(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = CachedBlobs(Gateways(FIVE), tmp_path / "file", 100)
    assert await cache.content(ref(FIVE)) == FIVE


async def test_a_blob_that_is_gone_is_asked_for_again_by_the_next_task(tmp_path: Path) -> None:
    gateways = Gateways()
    cache = CachedBlobs(gateways, tmp_path, 100)
    for _ in range(2):
        with pytest.raises(BlobGoneError):
            await cache.content(ref(FIVE))
    assert len(gateways.asked) == 2

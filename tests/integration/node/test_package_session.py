"""The talk between an installer and the node that reads an index for it: nothing that is said there is believed."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from node.infrastructure.package_index.places import Places
from node.infrastructure.package_index.reader import IndexReader
from node.infrastructure.package_index.session import IndexSession
from schemas.interaction import Said
from tests.servers.package_index import PackageIndex, send

KIB = 1 << 10


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PackageIndex]:
    one = PackageIndex(tmp_path)
    yield one
    one.close()


class Slot:
    """An installer's side of the talk."""

    def __init__(self, index: PackageIndex, executor: ThreadPoolExecutor) -> None:
        self.nonsense: list[bool] = []
        tls = ssl.create_default_context(cafile=index.ca)
        reader = IndexReader(Places([index.url, index.files_url]), tls, 1 << 20, 100)
        self.ended = asyncio.Event()
        self.session = IndexSession(reader, executor, self._end)
        self.session.begin(self._hear)
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()

    def _end(self) -> None:
        self.nonsense.append(True)
        self.ended.set()

    def _hear(self, said: Said) -> None:
        self._answers.put_nowait(said.data)

    async def ask(self, **line: object) -> bytes:
        self.session.take(json.dumps(line).encode() + b"\n")
        async with asyncio.timeout(10):
            return await self._answers.get()


@asynccontextmanager
async def slot_of(index: PackageIndex) -> AsyncIterator[Slot]:
    with ThreadPoolExecutor(1) as executor:
        slot = Slot(index, executor)
        serving = asyncio.create_task(slot.session.serve())
        try:
            yield slot
        finally:
            slot.session.close()
            serving.cancel()


async def test_an_installer_is_given_documents_piece_by_piece(index: PackageIndex) -> None:
    index.answers["/files/x"] = lambda handler: send(handler, bytes(300 * KIB), "a/b")
    async with slot_of(index) as slot:
        head = json.loads(await slot.ask(get=f"{index.files_url}x"))
        assert head == {"status": 200, "type": "a/b", "bytes": 300 * KIB, "error": ""}
        size = 0
        while (piece := await slot.ask(more=True)) != b"0\n":
            told, _, data = piece.partition(b"\n")
            assert len(data) == int(told)
            size += len(data)
        assert size == 300 * KIB
        slot.session.take(json.dumps({"packages": ["a==1", "b==2+x"]}).encode() + b"\n")
        assert slot.session.packages == ("a==1", "b==2+x")
        slot.session.take(json.dumps({"packages": ["@a/b@1.0.0-rc.1", "g.h:a:1"]}).encode() + b"\n")
        assert slot.session.packages == ("@a/b@1.0.0-rc.1", "g.h:a:1")


async def test_an_installer_is_told_what_it_may_not_read(index: PackageIndex) -> None:
    async with slot_of(index) as slot:
        head = json.loads(await slot.ask(get="http://169.254.169.254/"))
        assert "not a place" in head["error"]
        assert await slot.ask(more=True) == b"0\n"
        assert slot.session.out_of_reach == ""
        index.answers["/simple/a/"] = lambda handler: send(handler, b"", "a/b", status=503)
        await slot.ask(get=f"{index.url}a/")
        assert "503" in slot.session.out_of_reach
        assert not slot.session.is_reading
    assert set(index.requests) == {"/simple/a/"}


async def test_what_was_kept_from_an_installer_is_remembered_though_others_are_read(index: PackageIndex) -> None:
    """npm goes on without what is optional: such a set was kept, though it was not whole."""
    async with slot_of(index) as slot:
        assert slot.session.kept_back == ""
        await slot.ask(get="http://169.254.169.254/")
        await slot.ask(get="http://169.254.169.254/2")
        index.answers["/simple/a/"] = lambda handler: send(handler, b"page", "a/b")
        await slot.ask(get=f"{index.url}a/")
        assert slot.session.kept_back.startswith("'http://169.254.169.254/' cannot be had: ")
        assert "not a place" in slot.session.kept_back


async def test_what_is_more_than_may_be_downloaded_was_kept_back(index: PackageIndex) -> None:
    async with slot_of(index) as slot:
        index.answers["/files/x"] = lambda handler: send(handler, bytes(2 << 20), "a/b")
        await slot.ask(get=f"{index.files_url}x")
        while not (await slot.ask(more=True)).startswith(b"-1\n"):
            pass
        assert "more than an installation may download" in slot.session.kept_back
        assert slot.session.out_of_reach == ""


async def test_an_index_that_answers_again_was_not_out_of_reach(index: PackageIndex) -> None:
    async with slot_of(index) as slot:
        index.answers["/simple/a/"] = lambda handler: send(handler, b"", "a/b", status=503)
        await slot.ask(get=f"{index.url}a/")
        assert slot.session.out_of_reach
        index.answers["/simple/a/"] = lambda handler: send(handler, b"page", "a/b")
        await slot.ask(get=f"{index.url}a/")
        assert (slot.session.out_of_reach, slot.session.is_reading) == ("", True)
        await slot.ask(more=True)
        await slot.ask(more=True)
        assert not slot.session.is_reading


async def test_a_document_out_of_reach_is_not_forgotten_for_another_that_is_read(index: PackageIndex) -> None:
    async with slot_of(index) as slot:
        index.answers["/simple/a/"] = lambda handler: send(handler, b"", "a/b", status=503)
        index.answers["/simple/b/"] = lambda handler: send(handler, b"page", "a/b")
        await slot.ask(get=f"{index.url}a/")
        await slot.ask(get=f"{index.url}b/")
        assert "503" in slot.session.out_of_reach


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\n",
        b"\xff\xfe\n",
        b"[]\n",
        b'{"get": 1}\n',
        b'{"post": "https://localhost/"}\n',
        b'{"get": "https://localhost/", "accept": "a\\r\\nHost: evil.example"}\n',
        b'{"get": "' + b"a" * 5_000 + b'"}\n',
        b'{"more": true}\n' * 100,
        b"x" * (300 << 10),
        b"[" * 100_000 + b"\n",
    ],
)
async def test_an_installer_that_does_not_keep_to_the_talk_is_ended(index: PackageIndex, said: bytes) -> None:
    async with slot_of(index) as slot:
        slot.session.take(said)
        slot.session.take(said)
        assert len(slot.nonsense) == 1
        assert slot.session.packages == ()
        assert "does not keep to" in slot.session.fault
    assert index.requests == []


async def test_a_line_that_comes_byte_by_byte_is_taken_in_linear_time(index: PackageIndex) -> None:
    """All that had come of it was copied for each byte: ten seconds of the node's."""
    async with slot_of(index) as slot:
        begun = time.monotonic()
        for _ in range(256 * KIB):
            slot.session.take(b"x")
        assert time.monotonic() - begun < 2
        assert slot.nonsense == []
        slot.session.take(b"x")
        assert slot.nonsense == [True]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (["a==1", "six-" + "x" * 300 + "==1"], "'six-xxx"),
        (["g.h:" + "a" * 400], "301 characters"),
        (["a==1"] * 2_101, "2101 packages"),
        ([f"{'a' * 250}=={number}" for number in range(400)], "65536"),
        (["a==1\u001b[2J"], "'a==1\\x1b[2J'"),
        (["-r evil"], "'-r evil'"),
        ([""], "''"),
        (["\u0456==1"] * 2_000, "'\\u0456==1'"),
    ],
)
async def test_what_was_installed_and_is_too_much_to_be_kept_is_refused_in_words(
    index: PackageIndex, told: list[str], words: str
) -> None:
    """It ended in "was cancelled", or well and without names, and nobody was told which limit it was."""
    async with slot_of(index) as slot:
        slot.session.take(json.dumps({"packages": told}).encode() + b"\n")
        assert (slot.session.packages, slot.nonsense) == ((), [True])
        assert words in slot.session.fault
        assert len(slot.session.fault) < 400


async def test_a_reader_that_waits_is_interrupted_when_the_installation_ends(index: PackageIndex) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(release.set)
        time.sleep(0.3)
        handler.close_connection = True

    index.answers["/simple/a/"] = hang
    started = time.monotonic()
    async with slot_of(index) as slot:
        slot.session.take(json.dumps({"get": f"{index.url}a/"}).encode() + b"\n")
        await release.wait()
    assert time.monotonic() - started < 5


async def test_an_answer_that_fails_as_nobody_foresaw_ends_the_installation(
    index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Invalid IPv6 URL")

    monkeypatch.setattr(IndexReader, "open", fail)
    async with slot_of(index) as slot:
        slot.session.take(json.dumps({"get": f"{index.url}a/"}).encode() + b"\n")
        await slot.ended.wait()
        assert (slot.session.fault, slot.session.out_of_reach) == ("", "ValueError: Invalid IPv6 URL")
    assert slot.nonsense == [True]

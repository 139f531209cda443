"""Reading an index of packages for an installer, over TLS: what the index answers is as hostile as what the installer
asks for."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from node.infrastructure.package_index import reader as reading
from node.infrastructure.package_index.places import Places
from node.infrastructure.package_index.reader import IndexReader, OutOfReachError, UnreadableError
from tests.servers.package_index import PackageIndex, redirect, send
from tests.servers.ports import free_port

KIB = 1 << 10
Opened = Callable[..., IndexReader]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PackageIndex]:
    one = PackageIndex(tmp_path)
    yield one
    one.close()


@pytest.fixture
def a_reader(index: PackageIndex) -> Iterator[Opened]:
    opened: list[IndexReader] = []

    def open_one(max_bytes: int = 1 << 20, url: str = "", max_requests: int = 100) -> IndexReader:
        tls = ssl.create_default_context(cafile=index.ca)
        opened.append(IndexReader(Places([url or index.url, index.files_url]), tls, max_bytes, max_requests))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def read_all(reader: IndexReader, url: str) -> bytes:
    reader.open(url, "*/*")
    data = b""
    while piece := reader.read(64 * KIB):
        data += piece
    return data


def in_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\nwheel\r\n0\r\n\r\n")


def test_documents_are_read_over_one_connection(index: PackageIndex, a_reader: Opened) -> None:
    """Each was read over one of its own: a body of known length was not seen to be over."""
    file = index.add("a", "1", b"wheel")
    reader = a_reader(max_bytes=1 << 21)
    index.answers["/files/chunks"] = in_chunks
    index.answers["/files/empty"] = lambda handler: send(handler, b"", "a/b")
    index.answers["/files/large"] = lambda handler: send(handler, bytes(1 << 20), "a/b")
    for _ in range(3):
        assert file.encode() in read_all(reader, f"{index.url}a/")
        assert read_all(reader, f"{index.origin}{file}") == b"wheel"
        assert read_all(reader, f"{index.files_url}chunks") == b"wheel"
        assert read_all(reader, f"{index.files_url}empty") == b""
        assert read_all(reader, f"{index.url}none/") == b"none"
        assert reader.read(1) == b""
    assert read_all(reader, f"{index.files_url}large") == bytes(1 << 20)
    assert index.connections == 1


def test_what_is_not_read_to_its_end_costs_its_connection(index: PackageIndex, a_reader: Opened) -> None:
    index.add("a", "1", b"wheel")
    reader = a_reader()
    assert reader.open(f"{index.url}none/", "*/*").status == 404
    assert reader.open(f"{index.url}a/", "*/*").status == 200
    assert reader.read(1) == b"<"
    assert read_all(reader, f"{index.url}none/") == b"none"
    assert index.connections == 3


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://localhost:1/simple/a/",
        "file:///etc/passwd",
        "//169.254.169.254/",
        "/admin/",
        "../../admin/",
        "http://[",
        "//[::1/",
        "",
    ],
)
def test_a_redirection_leads_nowhere_but_to_places_of_the_index(
    index: PackageIndex, a_reader: Opened, url: str
) -> None:
    index.answers["/simple/a/"] = redirect(url)
    with pytest.raises(UnreadableError):
        a_reader().open(f"{index.url}a/", "*/*")
    assert set(index.requests) == {"/simple/a/"}


def test_a_redirection_within_the_index_is_followed_but_not_for_ever(index: PackageIndex, a_reader: Opened) -> None:
    index.add("a", "1", b"")
    index.answers["/simple/A/"] = redirect("../a/")
    reader = a_reader()
    assert reader.open(f"{index.url}A/", "*/*").status == 200
    index.answers["/simple/loop/"] = redirect(f"{index.url}loop/")
    with pytest.raises(UnreadableError, match="too often"):
        a_reader().open(f"{index.url}loop/", "*/*")


def test_only_so_much_is_downloaded_in_all(index: PackageIndex, a_reader: Opened) -> None:
    index.answers["/files/x"] = lambda handler: send(handler, bytes(100 * KIB), "a/b")
    reader = a_reader(max_bytes=150 * KIB)
    assert len(read_all(reader, f"{index.files_url}x")) == 100 * KIB
    with pytest.raises(UnreadableError, match="more than"):
        read_all(reader, f"{index.files_url}x")


def test_a_body_without_end_is_cut(index: PackageIndex, a_reader: Opened) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(64 * KIB))

    index.answers["/files/x"] = endless
    with pytest.raises(UnreadableError, match="more than"):
        read_all(a_reader(), f"{index.files_url}x")


def test_a_body_that_breaks_off_is_no_body(index: PackageIndex, a_reader: Opened) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 10)
        handler.close_connection = True

    index.answers["/files/x"] = short
    with pytest.raises(OutOfReachError, match="broke off"):
        read_all(a_reader(), f"{index.files_url}x")


def test_a_body_that_drips_does_not_last(
    index: PackageIndex, a_reader: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b".")
            time.sleep(0.01)

    index.answers["/files/x"] = drip
    monkeypatch.setattr(reading, "_DOCUMENT_S", 0.2)
    with pytest.raises(OutOfReachError, match="slowly"):
        read_all(a_reader(), f"{index.files_url}x")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 1_000,
        b"HTTP/1.1 200 OK\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Slowly\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_garbage_is_an_index_that_does_not_answer(index: PackageIndex, a_reader: Opened, garbage: bytes) -> None:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(garbage)
        handler.close_connection = True

    index.answers["/simple/a/"] = say
    reader = a_reader()
    with suppress(OutOfReachError):
        assert read_all(reader, f"{index.url}a/") == b""  # without a size, an end is an end


def test_compressed_answers_are_not_passed_on(index: PackageIndex, a_reader: Opened) -> None:
    index.answers["/simple/a/"] = lambda handler: send(handler, b"", "text/html", Content_Encoding="gzip")
    with pytest.raises(UnreadableError, match="compresses"):
        a_reader().open(f"{index.url}a/", "*/*")


def test_an_index_with_another_certificate_is_none(index: PackageIndex) -> None:
    reader = IndexReader(Places([index.url]), ssl.create_default_context(), 1 << 20, 100)
    with pytest.raises(OutOfReachError, match=r"(?i)certificate"):
        reader.open(f"{index.url}a/", "*/*")
    reader.close()


def test_an_index_that_is_away_is_out_of_reach(a_reader: Opened) -> None:
    url = f"http://localhost:{free_port()}/simple/"
    with pytest.raises(OutOfReachError, match="does not answer"):
        a_reader(url=url).open(f"{url}a/", "*/*")


def test_requests_are_bounded(index: PackageIndex, a_reader: Opened) -> None:
    reader = a_reader(max_requests=2)
    for _ in range(2):
        read_all(reader, f"{index.url}a/")
    with pytest.raises(UnreadableError, match="requests"):
        reader.open(f"{index.url}a/", "*/*")


def test_a_connection_that_is_dropped_meanwhile_is_interrupted_like_any_other(a_reader: Opened) -> None:
    reader = a_reader()

    class Dropped:
        """Its socket is there once only, as where another thread hangs up."""

        looks = 0

        @property
        def sock(self) -> None:
            Dropped.looks += 1
            if Dropped.looks > 1:
                raise AssertionError("looked at twice")

        def close(self) -> None:
            pass

    connection: Any = Dropped()
    reader._connection = connection
    reader.interrupt()
    assert Dropped.looks == 1

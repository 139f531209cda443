"""Archives that strangers send: what is unpacked, and every known way to do harm with one."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from broker_gateway.application.commands import Invalid, TaskDTO
from broker_gateway.domain.archives import ArchiveError, unpacked
from schemas.task import SourceFile
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes, command

FILES = {"main.py": b"import lib", "lib/é.py": "x = 'é'".encode(), "a.png": b"\x89PNG\xff"}
HELD = [("main.py", "import lib"), ("lib/é.py", "x = 'é'"), ("a.png", b"\x89PNG\xff")]
MOST = 256 << 10


def a_zip(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def a_tar(files: Mapping[str, bytes], mode: Any = "w", kind: int = tarfile.PAX_FORMAT) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode, format=kind) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


def a_tar_of(*entries: tarfile.TarInfo) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in entries:
            archive.addfile(entry)
    return data.getvalue()


def an_entry(kind: bytes, name: str = "a", target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def held(archive: bytes, max_bytes: int = MOST, max_files: int = 64) -> list[tuple[str, str | bytes]]:
    return [(one.name, one.held) for one in unpacked(archive, max_bytes=max_bytes, max_files=max_files)]


@pytest.mark.parametrize(
    "archive",
    [
        a_zip(FILES),
        a_zip(FILES, zipfile.ZIP_STORED),
        a_tar(FILES),
        a_tar(FILES, kind=tarfile.GNU_FORMAT),
        a_tar(FILES, "w:gz"),
    ],
    ids=["zip", "stored", "pax", "gnu", "gzip"],
)
def test_the_files_of_an_archive_are_unpacked_text_or_not(archive: bytes) -> None:
    assert held(archive) == HELD


def test_folders_are_no_files_and_names_lose_what_tools_put_before_them() -> None:
    folder = an_entry(tarfile.DIRTYPE, "./lib")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(folder)
        file = tarfile.TarInfo("./lib/a.py")
        file.size = 1
        archive.addfile(file, io.BytesIO(b"1"))
    assert held(data.getvalue()) == [("lib/a.py", "1")]
    assert held(a_zip({"lib/": b"", "lib\\b.py": b"2"})) == [("lib/b.py", "2")]


BOMB = b"\0" * (64 << 20)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: a_zip({"a": BOMB}), "holds more bytes"),
        (lambda: a_zip({f"{n}": b"\0" * 60_000 for n in range(50)}), "holds more bytes"),
        (lambda: a_tar({"a": BOMB}, "w:gz"), "once it is unpacked"),
        (lambda: gzip.compress(gzip.compress(BOMB)), "neither a zip nor a tar"),
        (lambda: a_tar({"a": b"1" * (MOST + 1)}), "holds more bytes"),
        (lambda: a_zip({f"{n}": b"" for n in range(65)}), "holds more files"),
        (lambda: a_tar({f"{n}": b"" for n in range(65)}), "holds more files"),
        (lambda: a_zip({f"{n}/": b"" for n in range(1001)}), "at most 1000 entries"),
        (lambda: a_tar_of(*(an_entry(tarfile.DIRTYPE, f"{n}") for n in range(1001))), "at most 1000 entries"),
        (lambda: a_zip({f"{n}/": b"" for n in range(9000)}), "larger than that of any program"),
        (lambda: a_zip({"a": b"1"}, zipfile.ZIP_BZIP2), "stored or deflated"),
        (lambda: a_zip({"a": b"1"}, zipfile.ZIP_LZMA), "stored or deflated"),
        (lambda: a_tar_of(an_entry(tarfile.SYMTYPE, target="/etc/passwd")), "'a' is neither"),
        (lambda: a_tar_of(an_entry(tarfile.LNKTYPE, target="b")), "'a' is neither"),
        (lambda: a_tar_of(an_entry(tarfile.CHRTYPE)), "'a' is neither"),
        (lambda: a_tar_of(an_entry(tarfile.BLKTYPE)), "'a' is neither"),
        (lambda: a_tar_of(an_entry(tarfile.FIFOTYPE)), "'a' is neither"),
        (lambda: a_tar_of(an_entry(tarfile.GNUTYPE_SPARSE)), "neither"),
        (lambda: b"", "neither a zip nor a tar"),
        (lambda: b"PK\x03\x04", "neither a zip nor a tar"),
        (lambda: b"PK\x05\x06" + b"\xff" * 18, "larger than that of any program"),
        (lambda: b"\x1f\x8b" + b"\0" * 100, "neither a zip nor a tar"),
        (lambda: b"x" * 5000, "neither a zip nor a tar"),
        (lambda: a_zip(FILES)[:-30], "neither a zip nor a tar"),
        (lambda: a_tar(FILES, "w:gz")[:50], "neither a zip nor a tar"),
    ],
)
def test_what_does_harm_or_is_no_archive_is_refused_at_little_cost(make: Callable[[], bytes], words: str) -> None:
    archive = make()
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(ArchiveError, match=words):
        held(archive)
    assert time.process_time() - started < 2
    assert tracemalloc.get_traced_memory()[1] < 24 << 20
    tracemalloc.stop()


def test_a_link_in_a_zip_is_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        link = zipfile.ZipInfo("a")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveError, match="'a' is neither"):
        held(data.getvalue())


def test_an_encrypted_file_is_refused() -> None:
    archive = bytearray(a_zip({"a": b"1"}))
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        held(bytes(archive))


def test_a_zip_that_lies_about_sizes_gives_no_more_than_there_is_room_for() -> None:
    """The directory says one byte; the stream has as many as fit into the archive."""
    archive = bytearray(a_zip({"a": b"\0" * (8 << 20)}))
    entry = archive.index(b"PK\x01\x02")
    archive[entry + 24 : entry + 28] = struct.pack("<L", 1)
    try:
        (file,) = held(bytes(archive))
        assert len(file[1]) <= 1
    except ArchiveError:
        pass


def test_files_that_share_their_bytes_are_bounded_as_any_others() -> None:
    """David Fifield's better zip bomb: many entries of one directory whose data is the same."""
    one = a_zip({"a": b"\0" * 100_000})
    entry, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    listing = one[entry:end]
    many = listing * 50
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 50, 50, len(many), entry, 0)
    with pytest.raises(ArchiveError):
        held(one[:entry] + many + tail)


def test_a_stream_that_ends_in_the_middle_or_is_changed_is_refused() -> None:
    archive = bytearray(a_zip({"a": b"hello world" * 100}))
    archive[45] ^= 0xFF
    with pytest.raises(ArchiveError):
        held(bytes(archive))


@pytest.mark.parametrize("seed", range(300))
def test_any_bytes_are_an_archive_or_are_refused(seed: int) -> None:
    """Each a valid archive in which some bytes are others."""
    source = (a_zip(FILES), a_tar(FILES), a_tar(FILES, "w:gz"), a_tar(FILES, kind=tarfile.USTAR_FORMAT))[seed % 4]
    archive = bytearray(source)
    for step in range(1 + seed % 7):
        number = zlib.crc32(f"{seed}-{step}".encode())
        archive[number % len(archive)] = number >> 24
    try:
        found = held(bytes(archive))
    except ArchiveError:
        return
    assert sum(len(content) for _, content in found) <= MOST


async def test_its_files_are_submitted_behind_the_others(gateway: GatewayOnFakes) -> None:
    answer = await gateway.service.submit(
        command(archive=a_zip({"lib.py": b"x = 1"}), files=[SourceFile("main.py", "1")])
    )
    assert isinstance(answer, TaskDTO)
    assert [one.name for one in gateway.bus.tasks[answer.id].files] == ["main.py", "lib.py"]
    alone = await gateway.service.submit(command(archive=a_tar(FILES), files=[]))
    assert isinstance(alone, TaskDTO)
    assert [(one.name, one.held) for one in gateway.bus.tasks[alone.id].files] == HELD


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: b"no archive", "task.archive"),
        (lambda: b"x" * ((512 << 10) + 1), "task.archive"),
        (lambda: a_zip({"lib/": b""}), "task.archive"),
        (lambda: a_zip({"../../etc/cron.d/x": b"1"}), "task.files[0].name"),
        (lambda: a_zip({"/etc/passwd": b"1"}), "task.files[0].name"),
        (lambda: a_zip({"C:\\..\\x": b"1"}), "task.files[0].name"),
        (lambda: a_tar({"a/../../b": b"1"}), "task.files[0].name"),
        (lambda: a_zip({"a": b"1", "a/b": b"2"}), "task.files[1].name"),
        (lambda: a_tar_of(an_entry(tarfile.REGTYPE, "x"), an_entry(tarfile.REGTYPE, "x")), "task.files"),
        (lambda: a_zip({"a\nb": b"1"}), "task.files[0].name"),
        (lambda: a_zip({"x" * 300: b"1"}), "task.files[0].name"),
    ],
)
async def test_its_names_are_judged_as_those_of_all_files(
    gateway: GatewayOnFakes, make: Callable[[], bytes], field: str
) -> None:
    answer = await gateway.service.submit(command(archive=make(), files=[]))
    assert isinstance(answer, Invalid)
    assert answer.violations[0].field.startswith(field)
    assert gateway.bus.calls == []

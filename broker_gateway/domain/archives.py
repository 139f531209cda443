"""Archives of files: zip (APPNOTE.TXT 6.3.10), and tar (POSIX.1-2001 pax, ustar, GNU), plain or compressed by gzip.

Whoever made one is a stranger. Nothing of it is written anywhere; no more is unpacked than may be submitted; a listing
that is long beyond reason, a link, a device, an encrypted or an unknown entry is refused; names are judged with those
of all files."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from broker_gateway.domain.text import quoted
from schemas.content import content_of
from schemas.task import SourceFile

MAX_ENTRIES = 1_000
"""Files and folders of one archive."""
_MAX_LISTING_BYTES = 256 << 10
"""Of a zip's central directory."""
_MAX_TAR_BYTES = 4 << 20
"""Of a tar once its gzip is undone."""
_ZIP, _GZIP = b"PK", b"\x1f\x8b"
_END_OF_ZIP = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_END_COMMENT_BYTES = 0xFFFF
_ENCRYPTED = 0x1
_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_PART_BYTES = 16 << 10
_UNREADABLE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error),
    *(EOFError, OSError, OverflowError, RuntimeError, ValueError),
)
"""What the libraries raise for what they cannot read, some of it undocumented."""


class ArchiveError(ValueError):
    """An archive that is not taken. The message goes on from its path."""


@dataclass(slots=True)
class _Room:
    """What may still be unpacked."""

    bytes: int
    files: int

    def take(self, size: int) -> None:
        self.bytes -= size
        if self.bytes < 0:
            raise ArchiveError("holds more bytes than may be submitted")

    def take_file(self) -> None:
        self.files -= 1
        if self.files < 0:
            raise ArchiveError("holds more files than may be submitted")


def unpacked(archive: bytes, *, max_bytes: int, max_files: int) -> list[SourceFile]:
    """The files of an archive, in its order; folders are not among them. Raises ArchiveError."""
    room = _Room(max_bytes, max_files)
    try:
        entries = _of_zip(archive, room) if archive.startswith(_ZIP) else _of_tar(archive, room)
        return [SourceFile.of(_plain(name), content_of(data)) for name, data in entries]
    except ArchiveError:
        raise
    except _UNREADABLE as error:
        raise ArchiveError("is neither a zip nor a tar that could be read") from error


def _of_zip(archive: bytes, room: _Room) -> Iterator[tuple[str, bytes]]:
    _check_listing(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        entries = opened.infolist()
        if len(entries) > MAX_ENTRIES:
            raise ArchiveError(f"must have at most {MAX_ENTRIES} entries")
        for entry in entries:
            if entry.is_dir():
                continue
            _check_zip_entry(entry)
            room.take_file()
            with opened.open(entry) as stream:
                yield entry.filename, _read(stream, room)


def _check_listing(archive: bytes) -> None:
    """Looks at the size of the directory before it is read: its number of entries may be a lie."""
    at = archive.rfind(_END_SIGNATURE, max(0, len(archive) - _END_OF_ZIP.size - _END_COMMENT_BYTES))
    if at < 0 or len(archive) - at < _END_OF_ZIP.size:
        raise zipfile.BadZipFile
    size = _END_OF_ZIP.unpack_from(archive, at)[5]
    if size > _MAX_LISTING_BYTES:  # 0xffffffff stands for the larger one of ZIP64
        raise ArchiveError("has a directory that is larger than that of any program")


def _check_zip_entry(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ArchiveError(f"must hold files and folders alone, and {quoted(entry.filename)} is neither")
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"must not be encrypted, and {quoted(entry.filename)} is")
    if entry.compress_type not in _METHODS:
        raise ArchiveError(f"must be stored or deflated, and {quoted(entry.filename)} is neither")


def _of_tar(archive: bytes, room: _Room) -> Iterator[tuple[str, bytes]]:
    plain = _gunzipped(archive) if archive.startswith(_GZIP) else archive
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as opened:
        for number, entry in enumerate(opened, 1):
            if number > MAX_ENTRIES:
                raise ArchiveError(f"must have at most {MAX_ENTRIES} entries")
            if entry.isdir():
                continue
            if not entry.isreg() or entry.issparse():
                raise ArchiveError(f"must hold files and folders alone, and {quoted(entry.name)} is neither")
            room.take_file()
            stream = opened.extractfile(entry)
            if stream is not None:
                yield entry.name, _read(stream, room)


def _gunzipped(archive: bytes) -> bytes:
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    plain = decompressor.decompress(archive, _MAX_TAR_BYTES)
    if decompressor.unconsumed_tail:
        raise ArchiveError(f"must have at most {_MAX_TAR_BYTES} bytes once it is unpacked")
    return plain


def _read(stream: object, room: _Room) -> bytes:
    parts = []
    while part := stream.read(_PART_BYTES):  # type: ignore[attr-defined] # of either library
        room.take(len(part))
        parts.append(part)
    return b"".join(parts)


def _plain(name: str) -> str:
    """As the other files are named: ``tar`` writes ``./`` before names, and Windows a backslash between folders."""
    return name.replace("\\", "/").removeprefix("./")

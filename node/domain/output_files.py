"""The files that a program left, as its result has them."""

from __future__ import annotations

import hashlib
from posixpath import splitext

import msgspec

from node.domain.sandbox import OutputFile as LeftFile
from schemas.output_file import OutputFile

_MEDIA_TYPES = {
    ".bmp": "image/bmp",
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".htm": "text/html",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".md": "text/markdown",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".wav": "audio/wav",
    ".webp": "image/webp",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
"""By a name's ending (https://www.iana.org/assignments/media-types): our own, so that every node says the same."""
_ANY = "application/octet-stream"


def told(file: LeftFile) -> OutputFile:
    """The file for the result."""
    content = file.content
    return OutputFile(
        name=file.name,
        size=file.size,
        media_type=_MEDIA_TYPES.get(splitext(file.name)[1].lower(), _ANY),
        digest="" if content is None else f"sha256:{hashlib.sha256(content).hexdigest()}",
        data=content,
    )


def apart(file: OutputFile) -> OutputFile:
    """The same, where what it holds is to be stored beside the result."""
    return msgspec.structs.replace(file, data=None)


def without_digest(file: OutputFile) -> OutputFile:
    """The same, where what it holds is nowhere."""
    return msgspec.structs.replace(file, data=None, digest="")

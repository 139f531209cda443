"""The files of one run: those that come with its frame, and those that go back."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from . import workdir
from .config import AgentConfig
from .identity import files_as
from .outputs import Found, outputs

REPORT_VARIABLE = "CODERUNNER_TEST_REPORT"
"""Names the file for the report on tests to the program that runs them."""
_REPORT_PIECE_BYTES = 32 << 10


def split(header: dict[str, Any], body: bytearray) -> tuple[list[tuple[str, memoryview, bool]], memoryview]:
    """A run frame's body, not copied: the files (name, content, executable), and stdin."""
    view = memoryview(body)
    files, at = [], 0
    for file in header["files"]:
        size = int(file["size"])
        files.append((str(file["name"]), view[at : at + size], bool(file.get("executable"))))
        at += size
    return files, view[at : at + int(header["stdin_size"])]


def outputs_of(config: AgentConfig, header: dict[str, Any], directory: str) -> tuple[Found, bool]:
    """Each file that the program left for whoever ran it, however it ended, and whether these are all."""
    if not header["outputs"]:
        return [], True
    with files_as(config.uid, config.gid):
        return outputs(
            directory,
            list(header["outputs"]),
            max_bytes=int(header["outputs_bytes"]),
            max_files=int(header["outputs_files"]),
        )


def report_path(directory: str) -> str:
    """Where the run in that directory writes its report: beside it, where nothing is looked for that comes back."""
    return f"{directory}.report"


def report_of(config: AgentConfig, header: dict[str, Any], directory: str) -> Iterator[bytes]:
    """The beginning of the report that the program has left, piece by piece; nothing where there is no regular file."""
    room = int(header.get("report_bytes", 0))
    if not room:
        return
    with suppress(OSError):
        with files_as(config.uid, config.gid):
            file = os.open(report_path(directory), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            while stat.S_ISREG(os.fstat(file).st_mode) and (piece := os.read(file, min(room, _REPORT_PIECE_BYTES))):
                room -= len(piece)
                yield piece
        finally:
            os.close(file)


def artefacts_of(config: AgentConfig, header: dict[str, Any], directory: str) -> tuple[list[tuple[str, bytes]], str]:
    """Name and content of each file that a run is to bring back, and in words what is too large of them. No files where
    something is, or where the program made them unreadable."""
    if not header["collect"]:
        return [], ""
    try:
        with files_as(config.uid, config.gid):
            found = workdir.collect(
                directory,
                list(header["collect"]),
                max_bytes=int(header["collect_bytes"]),
                max_files=int(header["collect_files"]),
                max_name_bytes=int(header["collect_name_bytes"]),
            )
            return found, ""
    except workdir.TooLargeError as error:
        return [], str(error)
    except OSError:
        return [], ""

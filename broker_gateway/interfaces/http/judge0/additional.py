"""The additional files of a submission: a zip in base64, whatever its texts are in."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import Any

from broker_gateway.application.unpacking import MAX_ARCHIVE_BYTES
from broker_gateway.domain.archives import ArchiveError, unpacked
from broker_gateway.domain.code import SourceRules, file_name_fault
from broker_gateway.domain.text import quoted
from schemas.task import SourceFile

RUN, COMPILE = "run", "compile"
"""The scripts of a program of many files."""
NO_COMPILE = "must not hold a compile script: none is run here"
_MAX_CHARS = MAX_ARCHIVE_BYTES // 3 * 4 + MAX_ARCHIVE_BYTES // 16
"""Of its base64, line feeds included."""


class AdditionalFilesError(ValueError):
    """Additional files that are not taken. The message goes on from the field's name."""


def additional_files(value: Any, rules: SourceRules) -> list[SourceFile]:
    """The files, by their size and names as they may be submitted. Whoever packed them is a stranger: never on the
    loop. Raises AdditionalFilesError."""
    if not isinstance(value, str):
        raise AdditionalFilesError("must be a zip in base64")
    try:
        archive = binascii.a2b_base64(value[:_MAX_CHARS].encode("ascii", "ignore") + b"==")
        if len(value) > _MAX_CHARS or len(archive) > MAX_ARCHIVE_BYTES:
            raise AdditionalFilesError(f"must have at most {MAX_ARCHIVE_BYTES} bytes")
        files = unpacked(archive, max_bytes=rules.max_bytes, max_files=rules.max_files - 1)
    except binascii.Error as error:
        raise AdditionalFilesError("is not base64") from error
    except ArchiveError as error:
        raise AdditionalFilesError(str(error)) from error
    for file in files:
        fault = file_name_fault(file.name)
        if fault is not None:
            raise AdditionalFilesError(f"holds {quoted(file.name)}, whose name {fault}")
    if not files:
        raise AdditionalFilesError("holds no file")
    return files


def beside(source: SourceFile, files: Sequence[SourceFile]) -> list[SourceFile]:
    """The source and the files that lie beside it: none of them replaces it, as there."""
    return [source, *(file for file in files if file.name != source.name)]


def as_project(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The files of a program of many files. Raises AdditionalFilesError."""
    names = {file.name for file in files}
    if RUN not in names:
        raise AdditionalFilesError(f"must hold a script with the name {RUN}")
    if COMPILE in names:
        raise AdditionalFilesError(NO_COMPILE)
    return list(files)

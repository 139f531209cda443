"""The files of a submitted archive put among the others, off the loop: a stranger has made it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from broker_gateway.application.commands import Invalid, SubmitTaskCommand
from broker_gateway.domain.archives import ArchiveError, unpacked
from broker_gateway.domain.code import SourceRules
from broker_gateway.domain.violation import Violation

MAX_ARCHIVE_BYTES = 512 << 10


async def with_archive_unpacked(command: SubmitTaskCommand, rules: SourceRules) -> SubmitTaskCommand | Invalid:
    """The command as if all files of its archive had been submitted one by one, behind those that were."""
    archive = command.draft.archive
    if not archive:
        return command
    path = f"{command.path}.archive"
    if len(archive) > MAX_ARCHIVE_BYTES:
        return Invalid([Violation(path, f"must have at most {MAX_ARCHIVE_BYTES} bytes, has {len(archive)}")])
    try:
        found = await asyncio.to_thread(unpacked, archive, max_bytes=rules.max_bytes, max_files=rules.max_files)
    except ArchiveError as error:
        return Invalid([Violation(path, str(error))])
    if not found:
        return Invalid([Violation(path, "holds no file")])
    return replace(command, draft=replace(command.draft, files=[*command.draft.files, *found], archive=b""))

"""What does not travel in messages: blobs that a task names, fetched before it runs, and files that its result has no
room for, stored before it ends (docs/adr/0032)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from node.application.attempt import Attempt
from node.application.ports import BlobGoneError, BlobSource, LeftFileSink
from node.domain.output_files import without_digest
from node.domain.sandbox import OutputFile as LeftFile
from schemas.blob import BlobRef
from schemas.content import Content, content_of, data_in, text_in
from schemas.output_file import OutputFile
from schemas.task import SourceFile, TaskMessage, TestCase

STORE_S = 30.0
"""For all files of one run."""


class LargeContent:
    """Both ways of one node."""

    def __init__(self, source: BlobSource, sink: LeftFileSink) -> None:
        self._source = source
        self._sink = sink

    async def fetch(self, attempt: Attempt) -> str:
        """Puts the content of its blobs into the attempt's task, and says why that cannot be, where it cannot. Raises
        what ``BlobSource`` does."""
        blobs = {blob.digest: blob for blob in _named(attempt.task)}
        found: dict[str, bytes] = {}
        for digest, blob in blobs.items():
            try:
                found[digest] = await self._source.content(blob)
            except BlobGoneError as error:
                return f"the blob {digest} {error}"
        if found:
            attempt.task = await asyncio.to_thread(_filled, attempt.task, found)
        return ""

    async def store(self, attempt: Attempt, files: Sequence[OutputFile], left: Sequence[LeftFile]) -> list[OutputFile]:
        """The files with the places of those that are stored. What cannot be is told without its digest."""
        contents = {file.name: file.content for file in left}
        told = list(files)
        lost = 0
        try:
            async with asyncio.timeout(STORE_S):
                for index, file in enumerate(files):
                    content = contents[file.name]
                    if file.data is None and file.digest and content is not None:
                        place = await self._sink.store(content)
                        told[index] = msgspec.structs.replace(file, place=place)
        except (OSError, TimeoutError) as error:
            lost = sum(_is_lost(file) for file in told)
            attempt.warnings.append(f"{lost} files could not be stored: {error or 'the bus took too long'}")
        return [without_digest(file) if lost and _is_lost(file) else file for file in told]


def names_blobs(task: TaskMessage) -> bool:
    """True where something of the task is to be fetched before it runs."""
    return any(True for _ in _named(task))


def _is_lost(file: OutputFile) -> bool:
    return file.data is None and file.digest != "" and not file.place


def _named(task: TaskMessage) -> Iterator[BlobRef]:
    checkers = task.checker.files if task.checker is not None else []
    blobs = (
        *(file.blob for file in (*task.files, *checkers)),
        task.stdin_blob,
        *(case.stdin_blob for case in task.cases),
    )
    return (blob for blob in blobs if blob is not None)


def _filled(task: TaskMessage, found: Mapping[str, bytes]) -> TaskMessage:
    """Each is made to content once, however often it is named."""
    contents = {digest: content_of(data) for digest, data in found.items()}

    def file(one: SourceFile) -> SourceFile:
        return one if one.blob is None else SourceFile.of(one.name, contents[one.blob.digest])

    def case(one: TestCase) -> TestCase:
        if one.stdin_blob is None:
            return one
        return msgspec.structs.replace(one, **_stdin(contents[one.stdin_blob.digest]))

    checker = task.checker
    filled = msgspec.structs.replace(
        task,
        files=[file(one) for one in task.files],
        cases=[case(one) for one in task.cases],
        checker=checker and msgspec.structs.replace(checker, files=[file(one) for one in checker.files]),
    )
    if task.stdin_blob is None:
        return filled
    return msgspec.structs.replace(filled, **_stdin(contents[task.stdin_blob.digest]))


def _stdin(content: Content) -> dict[str, str | bytes | None]:
    return {"stdin": text_in(content), "stdin_data": data_in(content), "stdin_blob": None}

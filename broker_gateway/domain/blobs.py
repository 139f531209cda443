"""The rules of blobs: how large one may be, how much a client may have, and how many a task may name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.violation import Violation
from schemas.blob import BlobRef, HeldBlob, is_digest
from schemas.task import SourceFile

MAX_TASK_BLOBS = 16
"""Different ones that one task names."""
MAX_TASK_BLOB_BYTES = 64 << 20
"""Of all of them together: what a node holds in its memory while the task is started."""
_NONE = "is the digest of no blob that this client has; put it first"
_NO_DIGEST = "must be sha256: and 64 hexadecimal digits in lower case"


@dataclass(frozen=True, slots=True)
class BlobPolicy:
    """The bounds of blobs."""

    max_bytes: int = 32 << 20
    """Of one."""
    client_bytes: int = 256 << 20
    """Of all that one client has, unfinished ones included; each counts in whole chunks."""
    age_ms: int = 24 * 3_600_000
    """How long one is kept."""
    uploads: int = 64
    """Under way at once, in one gateway."""
    uploads_per_client: int = 8
    upload_s: float = 120.0
    """Within which a blob has arrived."""
    idle_s: float = 20.0
    """Within which its next piece has."""

    def lasts(self, held: HeldBlob, now_ms: int) -> bool:
        """True where it has so much of its time left that it need not be put again."""
        return held.expires_at_ms - now_ms > self.age_ms // 2

    def violations(self, digest: str, size: int) -> Iterator[Violation]:
        """What is wrong with what is said of a blob before it comes; ``size`` 0: nothing is said."""
        if digest and not is_digest(digest):
            yield Violation("digest", _NO_DIGEST)
        if size > self.max_bytes:
            yield Violation("size", f"must be at most {self.max_bytes} bytes, is {size}")


def named_blobs(draft: TaskDraft, path: str) -> Iterator[tuple[str, BlobRef]]:
    """The blobs that a task names, with the path of each."""
    if draft.stdin_blob is not None:
        yield f"{path}.stdin_digest", draft.stdin_blob
    yield from _of_files(draft.files, f"{path}.files")
    if draft.checker is not None:
        yield from _of_files(draft.checker.files, f"{path}.checker.files")
    for index, case in enumerate(draft.cases):
        if case.stdin_blob is not None:
            yield f"{path}.cases[{index}].stdin_digest", case.stdin_blob


def _of_files(files: Sequence[SourceFile], path: str) -> Iterator[tuple[str, BlobRef]]:
    for index, file in enumerate(files):
        if file.blob is not None:
            yield f"{path}[{index}].digest", file.blob


def naming_violations(draft: TaskDraft, path: str) -> Iterator[Violation]:
    """What is wrong with the digests, before anybody looks for the blobs."""
    digests = set()
    for where, blob in named_blobs(draft, path):
        if not is_digest(blob.digest):
            yield Violation(where, _NO_DIGEST)
        digests.add(blob.digest)
    if len(digests) > MAX_TASK_BLOBS:
        yield Violation(path, f"must name at most {MAX_TASK_BLOBS} blobs, names {len(digests)}")


def placing_violations(
    draft: TaskDraft, found: Mapping[str, BlobRef], disk_bytes: int, path: str
) -> Iterator[Violation]:
    """What is wrong once it is known which of them there are. ``disk_bytes``: the task's limit."""
    for where, blob in named_blobs(draft, path):
        if blob.digest not in found:
            yield Violation(where, _NONE)
    size = sum(found[blob.digest].size for _, blob in named_blobs(draft, path) if blob.digest in found)
    if size > MAX_TASK_BLOB_BYTES:
        yield Violation(
            path,
            f"must name blobs of at most {MAX_TASK_BLOB_BYTES} bytes in all, each time that one is named, names {size}",
        )
    files = sum(found[blob.digest].size for _, blob in _of_files(draft.files, path) if blob.digest in found)
    if files > disk_bytes:
        yield Violation(f"{path}.files", f"have {files} bytes in blobs, and limits.disk_bytes is {disk_bytes}")


def with_places(draft: TaskDraft, found: Mapping[str, BlobRef]) -> TaskDraft:
    """The draft with the place and the size of each blob that it names."""

    def placed(blob: BlobRef | None) -> BlobRef | None:
        return None if blob is None else found[blob.digest]

    def files(given: Sequence[SourceFile]) -> list[SourceFile]:
        return [msgspec.structs.replace(file, blob=placed(file.blob)) for file in given]

    checker = draft.checker
    return replace(
        draft,
        files=files(draft.files),
        stdin_blob=placed(draft.stdin_blob),
        cases=[replace(case, stdin_blob=placed(case.stdin_blob)) for case in draft.cases],
        checker=checker and msgspec.structs.replace(checker, files=files(checker.files)),
    )

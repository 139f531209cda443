"""The bodies of requests: what a caller writes as JSON, by the names of the proto, and its draft.

Types are checked here, and nothing else: rules are the domain's. An unknown name is refused: it is a typing error.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from broker_gateway.domain.callback_url import MAX_EVENTS
from broker_gateway.domain.draft import DraftCase, DraftCounts, DraftInteraction, TaskDraft
from schemas.blob import BlobRef
from schemas.content import Content, content_of
from schemas.status import Priority
from schemas.task import DEFAULT_COMPARISON, Checker, SourceFile

Count = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
"""What every JSON library takes for a whole number."""


class FileBody(Struct, forbid_unknown_fields=True):
    """A source file. A single one may leave its name out."""

    content: Annotated[str, Meta(description="its text")] = ""
    name: Annotated[str, Meta(description="relative path, with / between folders")] = ""
    data: Annotated[bytes | None, Meta(description="in place of content: bytes, in base64")] = None
    digest: Annotated[str, Meta(description="in place of content: sha256:… of a blob that was put")] = ""

    def __post_init__(self) -> None:
        _either("content", self.content, self.data, self.digest)


class LimitsBody(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What one run may use; what is left out takes the gateway's default."""

    cpu_ms: Count | None = None
    wall_ms: Count | None = None
    memory_bytes: Count | None = None
    processes: Count | None = None
    output_bytes: Annotated[Count | None, Meta(description="per stream")] = None
    disk_bytes: Count | None = None
    open_files: Count | None = None
    file_bytes: Annotated[Count | None, Meta(description="of the largest file")] = None

    def asked(self) -> dict[str, int]:
        """Those that are asked for, by name."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in values if value is not None}


class ComparisonBody(Struct, forbid_unknown_fields=True):
    """How a case's output is compared with what is expected."""

    mode: Annotated[str, Meta(description="EXACT, TRIMMED (where nothing is said), TOKENS or FLOAT")] = (
        DEFAULT_COMPARISON.value
    )
    epsilon: Annotated[float, Meta(description="for FLOAT; 0 takes 1e-6")] = 0.0


class CaseBody(Struct, forbid_unknown_fields=True):
    """One run of the program, and what it should print."""

    name: str = ""
    stdin: str = ""
    args: list[str] = field(default_factory=list)
    expected_output: str = ""
    comparison: ComparisonBody = field(default_factory=ComparisonBody)
    limits: LimitsBody = field(default_factory=LimitsBody)
    stdin_data: Annotated[bytes | None, Meta(description="in place of stdin: bytes, in base64")] = None
    stdin_digest: Annotated[str, Meta(description="in place of stdin: sha256:… of a blob that was put")] = ""

    def __post_init__(self) -> None:
        _either("stdin", self.stdin, self.stdin_data, self.stdin_digest)

    def draft(self, counts: DraftCounts) -> DraftCase:
        """The case as it was asked for."""
        return DraftCase(
            name=self.name,
            stdin=_content(self.stdin, self.stdin_data),
            stdin_blob=_blob(self.stdin_digest),
            args=self.args[: counts.args],
            expected_output=self.expected_output,
            comparison=self.comparison.mode.lower(),
            epsilon=self.comparison.epsilon,
            limits=self.limits.asked(),
        )


class CheckerBody(Struct, forbid_unknown_fields=True):
    """A program that judges the cases in place of their comparisons."""

    language: str
    files: list[FileBody]
    language_version: str = ""


class CallbackBody(Struct, forbid_unknown_fields=True):
    """Where the finished execution is delivered, at least once."""

    url: Annotated[str, Meta(description="http://, https://, grpc:// or grpcs://")]
    headers: Annotated[str, Meta(description="name of header values that the operator has set")] = ""
    events: Annotated[list[str], Meta(description="besides the end: RUNNING, CASE")] = field(default_factory=list)


class TerminalBody(Struct, forbid_unknown_fields=True):
    """The size of a terminal in characters, each 1 to 1000."""

    rows: Count
    columns: Count


class InteractionBody(Struct, forbid_unknown_fields=True):
    """How a program is talked to while it runs."""

    terminal: Annotated[TerminalBody | None, Meta(description="it runs on one; left out: it has pipes")] = None
    session_ms: Annotated[Count, Meta(description="that it may run in all; 0 takes 600000")] = 0
    grace_ms: Annotated[Count, Meta(description="that nobody may talk to it; 0 takes 30000")] = 0
    clock_goes_on: Annotated[bool, Meta(description="the wall time goes on while it waits for input")] = False

    def draft(self) -> DraftInteraction:
        """How it was asked for."""
        size = self.terminal
        terminal = None if size is None else (size.rows, size.columns)
        return DraftInteraction(terminal, self.session_ms, self.grace_ms, self.clock_goes_on)


class TaskBody(Struct, forbid_unknown_fields=True):
    """One snippet to run. A language and a file are enough."""

    language: Annotated[str, Meta(description="name or alias, as /v1/languages tells", examples=["python"])]
    files: list[FileBody] = field(default_factory=list)
    language_version: Annotated[str, Meta(description="a prefix of the version, such as 3 or 3.13")] = ""
    entry_point: Annotated[str, Meta(description="the file to run; empty: the language decides")] = ""
    stdin: str = ""
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    compile_options: list[str] = field(default_factory=list)
    limits: LimitsBody = field(default_factory=LimitsBody)
    priority: Annotated[str, Meta(description="LOW, NORMAL or HIGH")] = Priority.NORMAL.value
    cases: list[CaseBody] = field(default_factory=list)
    stop_at_first_failure: bool = False
    checker: CheckerBody | None = None
    idempotency_key: Annotated[str, Meta(description="the same key is the same task; a fresh UUID")] = ""
    queue_deadline_ms: Annotated[Count, Meta(description="not started within this: EXPIRED; 0: waits")] = 0
    callback: CallbackBody | None = None
    labels: dict[str, str] = field(default_factory=dict)
    large_result: Annotated[bool, Meta(description="whether the result may have more than 4 MiB")] = False
    cache: Annotated[str, Meta(description="OFF, READ or READ_WRITE; empty: as is set for the client")] = ""
    reader: Annotated[str, Meta(description="on whose behalf, such as a hash of a visitor's id")] = ""
    archive: Annotated[bytes | None, Meta(description="a zip or tar with more files, in base64")] = None
    outputs: Annotated[list[str], Meta(description="patterns of files that come back; empty: out/*")] = field(
        default_factory=list
    )
    stdin_data: Annotated[bytes | None, Meta(description="in place of stdin: bytes, in base64")] = None
    redirect_stderr: Annotated[bool, Meta(description="standard error goes to standard output, in true order")] = False
    interaction: Annotated[InteractionBody | None, Meta(description="its program is talked to")] = None
    stdin_digest: Annotated[str, Meta(description="in place of stdin: sha256:… of a blob that was put")] = ""
    packages: Annotated[list[str], Meta(description="installed for it, such as numpy==2.1.*")] = field(
        default_factory=list
    )
    test_framework: Annotated[str, Meta(description="the files are its tests; /v1/languages tells which")] = ""

    def __post_init__(self) -> None:
        _either("stdin", self.stdin, self.stdin_data, self.stdin_digest)

    def draft(self, counts: DraftCounts) -> TaskDraft:
        """The draft, of each kind no more than ``counts``."""
        callback = self.callback
        return TaskDraft(
            language=self.language,
            language_version=self.language_version,
            files=_files(self.files, counts),
            entry_point=self.entry_point,
            stdin=_content(self.stdin, self.stdin_data),
            stdin_blob=_blob(self.stdin_digest),
            args=self.args[: counts.args],
            env=_some(self.env, counts.env),
            compile_options=self.compile_options[: counts.compile_options],
            outputs=self.outputs[: counts.outputs],
            redirect_stderr=self.redirect_stderr,
            packages=self.packages[: counts.packages],
            test_framework=self.test_framework,
            archive=self.archive or b"",
            limits=self.limits.asked(),
            priority=self.priority,
            cases=[case.draft(counts) for case in self.cases[: counts.cases]],
            stop_at_first_failure=self.stop_at_first_failure,
            checker=_checker(self.checker, counts),
            idempotency_key=self.idempotency_key,
            queue_deadline_ms=self.queue_deadline_ms,
            callback_url=callback.url if callback is not None else None,
            callback_headers=callback.headers if callback is not None else "",
            callback_events=callback.events[: MAX_EVENTS + 1] if callback is not None else (),
            labels=_some(self.labels, counts.labels),
            large_result=self.large_result,
            cache=self.cache,
            reader=self.reader,
            interaction=self.interaction.draft() if self.interaction is not None else None,
        )


class BatchBody(Struct, forbid_unknown_fields=True):
    """Several tasks; each is accepted or refused on its own."""

    tasks: Annotated[list[TaskBody], Meta(description="at most 1000")]


def _either(name: str, text: str, data: bytes | None, digest: str) -> None:
    if (text != "") + (data is not None) + (digest != "") > 1:
        raise ValueError(f"{name}, its bytes and its digest exclude each other")


def _blob(digest: str) -> BlobRef | None:
    return BlobRef.asked(digest) if digest else None


def _content(text: str, data: bytes | None) -> Content:
    return text if data is None else content_of(data)


def _files(files: list[FileBody], counts: DraftCounts) -> list[SourceFile]:
    return [_file(one) for one in files[: counts.files]]


def _file(file: FileBody) -> SourceFile:
    if file.digest:
        return SourceFile(file.name, "", blob=_blob(file.digest))
    return SourceFile.of(file.name, _content(file.content, file.data))


def _some(entries: dict[str, str], count: int) -> dict[str, str]:
    return entries if len(entries) <= count else dict(list(entries.items())[:count])


def _checker(checker: CheckerBody | None, counts: DraftCounts) -> Checker | None:
    if checker is None:
        return None
    return Checker(
        language=checker.language, language_version=checker.language_version, files=_files(checker.files, counts)
    )

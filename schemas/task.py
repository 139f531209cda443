"""The task message: what the gateway puts on the bus for a node."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.blob import BlobRef
from schemas.content import Content, content_in, data_in, text_in
from schemas.interaction import Interaction
from schemas.status import Priority


class SourceFile(msgspec.Struct, frozen=True):
    """One file of the submission. An empty ``name`` (one file only) takes the language's usual name."""

    name: str
    content: str
    data: bytes | None = None
    """Its content where that is not UTF-8; ``content`` is empty then."""
    blob: BlobRef | None = None
    """What its content is put into where it runs; ``content`` is empty until then."""

    @classmethod
    def of(cls, name: str, content: Content) -> SourceFile:
        """The file with that content."""
        return cls(name, text_in(content), data_in(content))

    @property
    def held(self) -> Content:
        """Its content."""
        return content_in(self.content, self.data)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one run. The network is always off."""

    cpu_ms: int
    wall_ms: int
    memory_bytes: int
    processes: int
    output_bytes: int
    """Per stream."""
    disk_bytes: int
    open_files: int
    file_bytes: int
    """The largest single file."""


class ComparisonMode(StrEnum):
    """The ways to compare a case's output with what is expected."""

    EXACT = "exact"
    TRIMMED = "trimmed"
    TOKENS = "tokens"
    FLOAT = "float"


DEFAULT_COMPARISON = ComparisonMode.TRIMMED
DEFAULT_EPSILON = 1e-6
"""What FLOAT allows where nothing else is asked for."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of a case's output with what is expected."""

    mode: str
    """A ``ComparisonMode``; a node refuses one that it does not know."""
    epsilon: float
    """Absolute or relative difference allowed by ``float``; 0 elsewhere."""

    @classmethod
    def of(cls, mode: str, epsilon: float) -> Comparison:
        """The comparison as a node gets it; an ``epsilon`` of 0 takes the default."""
        return cls(mode=mode, epsilon=(epsilon or DEFAULT_EPSILON) if mode == ComparisonMode.FLOAT else 0.0)


class TestCase(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the program, and what it should print."""

    __test__ = False  # pytest must not collect it

    name: str
    stdin: str
    args: list[str]
    expected_output: str
    comparison: Comparison
    limits: Limits | None
    """The task's own limits where ``None``."""
    stdin_data: bytes | None = None
    """Its standard input where that is not UTF-8; ``stdin`` is empty then."""
    stdin_blob: BlobRef | None = None
    """Its standard input where that is a blob; ``stdin`` is empty then."""

    @property
    def input(self) -> Content:
        """Its standard input."""
        return content_in(self.stdin, self.stdin_data)


class Checker(msgspec.Struct, frozen=True, kw_only=True):
    """A program that judges a case: reads ``input``, ``output`` and ``expected`` files in its work directory; exit code
    0 accepts, 1 refuses, anything else is CHECKER_ERROR."""

    language: str
    language_version: str
    files: list[SourceFile]


class CallbackEvent(StrEnum):
    """What a callback may be told of."""

    FINISHED = "FINISHED"
    RUNNING = "RUNNING"
    CASE = "CASE"


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoint to which the finished execution is delivered: an ``http``, ``https``, ``grpc`` or ``grpcs`` URL."""

    url: str
    occasion: str = ""
    """Why the task ran once more, as a token: its result is news, also to who was told of the one before. Empty for
    the first run."""
    headers: str = ""
    """Name of the header values that the delivery carries, as the gateways know them; empty for none. The values
    themselves are secrets, and in no message."""
    events: list[CallbackEvent] = []
    """What it is told of besides the end, of which it always is."""


class TaskMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A task with everything a node needs to run it; times are Unix milliseconds."""

    id: str
    client: str
    """Who submitted it, for quotas and logs; empty where the gateway asks for no token."""
    language: str
    language_version: str
    files: list[SourceFile]
    entry_point: str
    """Name of the file to run; empty: the language decides."""
    stdin: str
    args: list[str]
    env: dict[str, str]
    compile_options: list[str]
    limits: Limits
    priority: Priority
    pool: str
    cases: list[TestCase]
    stop_at_first_failure: bool
    checker: Checker | None
    callback: Callback | None
    labels: dict[str, str]
    submitted_at_ms: int
    expires_at_ms: int | None
    """Not started after this: EXPIRED."""
    reply: str
    """The subject that takes its result. A node obeys it where it is this task's own (``names.is_reply_of``), and takes
    the message for malformed where it is any other."""
    large_result: bool = False
    """Its execution may be as large as the bus takes, and larger than ``sizes.EXECUTION_BYTES``."""
    traceparent: str = ""
    """The caller's own span (``schemas.trace``); empty where it has none."""
    answer: str = ""
    """The key of the answer that it shares with all tasks like it (``answers.answer_key``); empty where it shares
    none."""
    keeps_answer: bool = False
    """Its own outcome becomes that answer."""
    reader: str = ""
    """On whose behalf its client submitted it; empty: its own."""
    keeps_source: bool = False
    """Its result takes along what was submitted, for the history."""
    seal: str = ""
    """What binds its result to it (docs/adr/0025): its node hands it back, and can make none. Empty where the gateways
    have no key."""
    outputs: list[str] = []
    """Patterns of the files that it leaves for whoever runs it; ``*`` stands for ``/`` too."""
    stdin_data: bytes | None = None
    """Its standard input where that is not UTF-8; ``stdin`` is empty then."""
    redirect_stderr: bool = False
    """Its standard error goes to its standard output."""
    interaction: Interaction | None = None
    """How it is talked to while it runs; None: it is not."""
    stdin_blob: BlobRef | None = None
    """Its standard input where that is a blob; ``stdin`` is empty then."""
    keeps_files: bool = False
    """Files that its result has no room for are stored for its client, who can fetch them."""
    packages: list[str] = []
    """What is installed for it from an index, as its language's installer names them (``schemas.packages``)."""
    test_framework: str = ""
    """Its files are run as tests of that framework; empty: as a program."""

    @property
    def input(self) -> Content:
        """Its standard input."""
        return content_in(self.stdin, self.stdin_data)

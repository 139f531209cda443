"""The client's types of what it submits: one snippet, its input, its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from coderunner.blob import Blob

Content = str | bytes | Blob
"""Of a file or a standard input. Bytes go as they are, such as those of a picture; a blob was put before."""
Source = Content | Mapping[str, Content]
"""A program: one file, or file names with what they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one run; ``None`` takes the gateway's default. The network is always off."""

    cpu_ms: int | None = None
    """Processor time of all processes together."""
    wall_ms: int | None = None
    memory_bytes: int | None = None
    processes: int | None = None
    """Processes and threads at once."""
    output_bytes: int | None = None
    """Captured per stream."""
    disk_bytes: int | None = None
    open_files: int | None = None
    file_bytes: int | None = None
    """The largest single file."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rule by which a case's output is compared with what is expected."""

    mode: Literal["EXACT", "TRIMMED", "TOKENS", "FLOAT"] = "TRIMMED"
    epsilon: float = 0.0
    """For FLOAT; 0 takes 1e-6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """A test case: one run of the program, and what it should print."""

    __test__ = False  # pytest must not collect it

    name: str = ""
    """Empty: its number, from 1."""
    stdin: Content = ""
    args: Sequence[str] = ()
    expected_output: str = ""
    comparison: Comparison = Comparison()
    limits: Limits | None = None
    """None: the task's limits."""


@dataclass(frozen=True, slots=True)
class Checker:
    """A program that judges cases: it reads the files ``input``, ``output`` and ``expected`` in its work directory;
    exit code 0 accepts, 1 is a wrong answer, anything else a CHECKER_ERROR."""

    language: str
    source: Source
    version: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """The endpoint that gets the finished execution, at least once."""

    url: str
    """``http``, ``https``, ``grpc`` or ``grpcs``."""
    headers: str = ""
    """Name of header values that the operator has configured for this client (``callback_header_sets``)."""
    events: Sequence[Literal["FINISHED", "RUNNING", "CASE"]] = ()
    """What it is told, at best, besides the end: that the task runs, that a case has its verdict."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The size of a terminal, in characters."""

    rows: int = 24
    columns: int = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """How a program is talked to while it runs; what is 0 takes the gateway's usual."""

    terminal: Terminal | None = None
    """None: pipes."""
    session_ms: int = 0
    """In all, waiting included: 600000 unless said, at most 3600000."""
    grace_ms: int = 0
    """It is ended where nobody has been connected for so long: 30000 unless said, at most 300000."""
    clock_goes_on: bool = False
    """The limit of wall time counts while it waits for input, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One snippet to run. ``Client.run`` and ``Client.submit`` take the same fields as arguments."""

    language: str
    """A name or alias that ``Client.languages`` tells."""
    source: Source
    version: str = ""
    """Empty: any. Otherwise a prefix: "3" or "3.13"."""
    entry_point: str = ""
    """Name of the file to run. Empty: the language decides."""
    stdin: Content = ""
    args: Sequence[str] = ()
    env: Mapping[str, str] | None = None
    compile_options: Sequence[str] = ()
    archive: bytes = b""
    """A zip or a tar (plain or gzip), at most 512 KiB: its files join those of ``source``, which may then be ``{}``."""
    outputs: Sequence[str] = ()
    """Patterns of the files that come back from the work directory, such as ``*.png`` (``*`` stands for ``/``, too).
    Empty: ``out/*``. Not with cases."""
    limits: Limits | None = None
    priority: str = "NORMAL"
    """``LOW``, ``NORMAL`` or ``HIGH``."""
    cases: Sequence[TestCase] = ()
    """With cases, ``stdin`` and ``args`` above are not used."""
    stop_at_first_failure: bool = False
    checker: Checker | None = None
    idempotency_key: str = ""
    """The same key returns the same task. Empty: the client makes one, so that its retries are safe."""
    queue_deadline_ms: int = 0
    """Not started within this: EXPIRED. 0: waits for as long as it takes."""
    callback: str | Callback | None = None
    """Where the finished execution is delivered, at least once; a URL alone says it, too."""
    labels: Mapping[str, str] | None = field(default=None)
    large_result: bool = False
    """The execution may have more than 4 MiB: a callback's receiver must take that. Output beyond is cut."""
    cache: str = ""
    """``OFF``; ``READ`` takes the kept outcome of an earlier task that was the same in all that decides it;
    ``READ_WRITE`` also leaves its own. Empty: what the gateway has set for this client."""
    reader: str = ""
    """On whose behalf it is submitted, such as a hash of a visitor's id: readers share this client's place in the queue
    alike, and may have quotas of their own. Empty: on its own."""
    redirect_stderr: bool = False
    """What it writes to its standard error goes to its standard output, in true order; it starts cold then."""
    test_framework: str = ""
    """The source is run as tests of it, such as ``pytest`` (``Language.test_frameworks`` tells which there are):
    ``Execution.tests`` has what became of each. Empty: as a program. Not with cases."""
    interaction: Interaction | None = None
    """How it is talked to while it runs (``Client.interact``, ``Client.talk_to``). None: it is not."""
    packages: Sequence[str] = ()
    """What is installed for it, such as ``numpy==2.1.*`` in Python or ``lodash@4`` in JavaScript, where the language's
    nodes have an index of packages."""


class TaskOptions(TypedDict, total=False):
    """The optional fields of a Task, as keyword arguments."""

    version: str
    entry_point: str
    stdin: Content
    args: Sequence[str]
    env: Mapping[str, str] | None
    compile_options: Sequence[str]
    archive: bytes
    outputs: Sequence[str]
    limits: Limits | None
    priority: str
    cases: Sequence[TestCase]
    stop_at_first_failure: bool
    checker: Checker | None
    idempotency_key: str
    queue_deadline_ms: int
    callback: str | Callback | None
    labels: Mapping[str, str] | None
    large_result: bool
    cache: str
    reader: str
    redirect_stderr: bool
    test_framework: str
    interaction: Interaction | None
    packages: Sequence[str]

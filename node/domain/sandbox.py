"""The sandbox's values: what is started in a slot, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from schemas.interaction import Interaction, Said
from schemas.status import LimitName
from schemas.task import Limits


class Role(StrEnum):
    """A slot's purpose. Submitted code is executed in run slots only."""

    RUN = "run"
    COMPILE = "compile"


@dataclass(frozen=True, slots=True)
class StackDump:
    """How a runtime tells where its program is: when it gets a signal, it writes a stack, or one per thread with blank
    lines between them, the innermost call first (ADR 0019)."""

    signal: int
    stream: str
    """``stdout`` or ``stderr``: where it writes."""
    begin: str
    """The text that the dump begins with."""
    frame: str
    """Regular expression of one call: groups ``file``, ``line`` and, where they are told, ``function``, ``column``."""
    running: str = ""
    """Regular expression of the stack of a thread that runs: such a one comes before those that wait."""


Tell = Callable[[Said], None]
"""Says something to a program; nothing once it has ended."""


@dataclass(frozen=True, slots=True)
class Talking:
    """How a launch is talked to."""

    interaction: Interaction
    begin: Callable[[Tell], None]
    """Is given the way to its program once that was started."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One program to start: files in a fresh work directory, a command, its limits."""

    files: Mapping[str, bytes]
    """Relative names with ``/``; content."""
    command: tuple[str, ...]
    limits: Limits
    stdin: bytes = b""
    env: Mapping[str, str] = field(default_factory=dict)
    executables: frozenset[str] = frozenset()
    """Names of files that get the execute bit."""
    collect: tuple[str, ...] = ()
    """Glob patterns of regular files to bring back: what is made of a submission. Only where it ended well."""
    outputs: tuple[str, ...] = ()
    """Glob patterns of files that the program leaves for whoever ran it, however it ends."""
    outputs_bytes: int = 0
    """Of all of them together that are brought back."""
    warm: bool = True
    """May be given to the process that waits in the slot."""
    stack_dump: StackDump | None = None
    """How it can be asked where it is when its time is up; None: it cannot."""
    redirect_stderr: bool = False
    """Its standard error goes to its standard output."""
    talking: Talking | None = None
    """None: it is not talked to."""
    report_bytes: int = 0
    """Of the report that it may write on its tests; 0: it writes none."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links beside the work directory: name, and where each leads to."""


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that a program left for whoever ran it."""

    name: str
    """Relative to its work directory, with ``/``."""
    size: int
    content: bytes | None
    """None: it was too large to be brought back."""


class Ending(StrEnum):
    """Why a program is no longer running."""

    EXITED = "exited"
    """By itself: exit code, or a signal that was not ours."""
    CPU = LimitName.CPU
    WALL = LimitName.WALL
    MEMORY = LimitName.MEMORY
    OUTPUT = LimitName.OUTPUT
    DISK = LimitName.DISK
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a launch ended. Usage is the whole process tree's."""

    ending: Ending
    exit_code: int | None
    signal: int | None
    stdout: bytes
    stderr: bytes
    stdout_truncated: bool
    stderr_truncated: bool
    wall_ms: float
    cpu_ms: float
    peak_memory_bytes: int
    limits_hit: tuple[str, ...] = ()
    artefacts: Mapping[str, bytes] = field(default_factory=dict)
    fault: str = ""
    """What is to be said of its end beside the limit, as a sentence goes on from "the program"; empty: nothing."""
    warm: bool = True
    """Whether the program was given to an interpreter that waited, whose own memory is not in ``peak_memory_bytes``."""

    files: tuple[OutputFile, ...] = ()
    """What it left for whoever ran it."""
    are_all_files: bool = True
    """Whether it left no others, as far as was looked."""
    stack_dump: bytes = b""
    """Where its runtime says it was, at a limit of time."""
    report: bytes = b""
    """What it wrote on its tests, from the beginning, however it ended."""

    @property
    def output_bytes(self) -> int:
        """Of both streams."""
        return len(self.stdout) + len(self.stderr)


class SandboxLostError(Exception):
    """The slot died under the task: our failure. The task may be tried again."""

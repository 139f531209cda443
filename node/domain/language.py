"""A language as data: how its source is named, compiled and run, and what waits warm for it.

It is what elsewhere is called a *runtime*: name, versions, how a program is started. Here that word is left to the OCI
runtime under the containers (``runc``, ``runsc``), and everything that clients see says *language*.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from node.domain.sandbox import Role, StackDump


@dataclass(frozen=True, slots=True)
class Warm:
    """The process that is started before a task comes, so that the task does not wait for it. One process serves one
    task."""

    kind: str
    """``zygote``: a process that forks a ready child; ``prestart``: an interpreter that waits for its program."""
    command: tuple[str, ...]
    env_at_start: bool = False
    """True where the environment cannot be changed once it waits (a JVM): tasks with ``env`` then start cold."""
    late_env: tuple[str, ...] = ()
    """Variables that an interpreter reads at its start, and that this one takes when its program comes."""


@dataclass(frozen=True, slots=True)
class PreambleRule:
    """How a program of the language begins, and what makes that beginning ready for its compiler
    (``node/domain/preamble.py``)."""

    element: str
    """Regular expression, matched again and again from the start of the source: blanks, comments, and what names a
    ``header``, its group."""
    headers: frozenset[str]
    """Those that may be precompiled; the preamble ends before any other."""
    command: tuple[str, ...]
    """Precompiles one preamble, in a container that sees nothing else. Its arguments: the folder for what it makes, the
    folder's maximum in bytes, the options, the headers."""
    neutral_options: tuple[str, ...] = ()
    """Regular expressions for the compile options that a precompiled header does not depend on."""
    shaping_options: tuple[str, ...] = ()
    """Regular expressions for those that it does depend on; any other option means: no precompiled header."""


@dataclass(frozen=True, slots=True)
class CompileStage:
    """The compilation of a language: it reads submitted code in a compile slot, and executes it only where the language
    itself says so (macros of Crystal, Template Haskell); only artefacts cross to the run slot."""

    command: tuple[str, ...]
    """``{sources}``, ``{options}``, ``{entry}``, ``{entry_stem}``, ``{precompiled}`` and ``{layer_option}`` are
    replaced; an element that is just a placeholder may become several, or none."""
    artefacts: tuple[str, ...]
    """Glob patterns, relative to the work directory, of what crosses to the run slot."""
    sources: tuple[str, ...]
    """Glob patterns of the submitted files that ``{sources}`` stands for."""
    options_allowed: tuple[str, ...] = ()
    """Regular expressions; a submitted compile option must match one in full."""
    default_options: tuple[str, ...] = ()
    """Taken where the task names none."""
    server: tuple[str, ...] = ()
    """Command of a resident compiler that takes ``command`` as a request; empty: each compilation is a process."""
    warm: Warm | None = None
    """What waits for ``command``, where there is no server; its environment is the stage's."""
    cpu_ms: int = 20_000
    wall_ms: int = 30_000
    memory_bytes: int = 1024 << 20
    disk_bytes: int = 256 << 20
    processes: int = 128
    output_bytes: int = 64 << 10
    env: dict[str, str] = field(default_factory=dict)
    preamble: PreambleRule | None = None
    """Where it has one, ``{precompiled}`` in ``command`` is ``--precompiled=KEY`` for a program with a preamble."""


@dataclass(frozen=True, slots=True)
class PackageRule:
    """How packages that a task names are installed, in a slot of their own that reads an index through the node
    (ADR 0040)."""

    kind: str
    """How they are named (``schemas.packages``); the node's setting has an index for it, or none."""
    image: str
    """What the installer runs in."""
    command: tuple[str, ...]
    """``{layer}`` is the folder to install below, in ``tree``; ``{places}`` the index and where its pages lead to;
    ``{packages}`` what to install. Its standard output and input are the line to the node."""
    env: dict[str, str] = field(default_factory=dict)
    """What programs with packages get: ``{layer}`` is where these are. A value of the task's own comes before, with a
    colon between."""
    compile_env: dict[str, str] = field(default_factory=dict)
    """What the compiler of such programs gets beside its own."""
    links: dict[str, str] = field(default_factory=dict)
    """Links beside the folder of such a program, by name: an interpreter looks for packages in the folders above."""
    cpu_ms: int = 60_000
    wall_ms: int = 120_000
    memory_bytes: int = 1024 << 20
    """What is installed is in memory until it is kept, and counts."""
    disk_bytes: int = 512 << 20
    """Of all that is downloaded and installed."""
    files: int = 30_000
    requests: int = 2_000
    """Documents that the installer may ask the index for."""
    processes: int = 32


@dataclass(frozen=True, slots=True)
class TestFramework:
    """A way to run submitted files as tests, in place of the program (ADR 0039)."""

    __test__ = False  # pytest must not collect it

    name: str
    command: tuple[str, ...]
    """Runs the tests and writes the report; placeholders as in ``Language.run_command``."""
    source_name: str = ""
    """What a single file without a name is called; empty: as a program's."""
    compile: CompileStage | None = None
    """How they are compiled; None: as a program."""


@dataclass(frozen=True, slots=True)
class CodeRule:
    """One rule of the basic code check: a regular expression that is held against each line."""

    id: str
    pattern: str
    message: str


@dataclass(frozen=True, slots=True)
class DiagnosticRule:
    """How a tool of the language tells of a place in a program. Its patterns have the named groups ``file``, ``line``,
    ``column``, ``severity``, ``message`` and ``code``, as far as the tool tells them; ``caret`` is what stands before
    the caret under a line, where that is all that tells the column."""

    stage: str
    """``compile``, or ``run`` (of which cases are, too)."""
    pattern: str
    """Each match is a diagnostic; with a ``frame``, one match is."""
    frame: str = ""
    """Matched within the match of ``pattern``: the lines of a trace of calls, with ``file`` and ``line``."""
    innermost: str = "first"
    """Which match is the error, and which frame is the innermost one: ``first`` or ``last``."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language that the node can run."""

    name: str
    image: str
    source_name: str
    """What a single file without a name is called."""
    run_command: tuple[str, ...]
    """``{entry}``, ``{entry_stem}``, ``{options}``, ``{layer_option}`` and ``{args}`` are replaced. ``{layer_option}``
    is ``--packages=FOLDER`` where the task names packages, and nothing elsewhere."""
    version_command: tuple[str, ...]
    version_pattern: str
    """Its first group is the version."""
    baseline_command: tuple[str, ...] = ()
    """An interpreter that has nothing to do: its peak is what no task is charged for. Empty where tasks are charged
    for all they have."""
    source_name_pattern: str = ""
    """Regular expression; its first group in the source, plus the extension of ``source_name``, names such a file."""
    normalise: tuple[str, ...] = ()
    """What its tools choke on and its sources are freed from: ``bom`` (a byte-order mark at the start), ``crlf``
    (carriage returns at the ends of lines)."""
    series: str = ""
    """The beginning of its version, where it stands beside the language of the same name that has none (ADR 0035)."""
    default: bool = False
    """Built and served without being added."""
    title: str = ""
    """What readers call it, such as ``C++``."""
    sample: str = ""
    """A short program to begin with."""
    editor_mode: str = ""
    """What editors and highlighters call it, such as ``python``."""
    aliases: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    compile: CompileStage | None = None
    warm: Warm | None = None
    memory_overhead_bytes: int = 0
    """What the runtime itself needs and the task is not charged for (waiting process, agent)."""
    processes_overhead: int = 0
    """Threads that the runtime itself starts (a JVM's collector and compiler threads)."""
    file_overhead_bytes: int = 0
    """Of a file that the runtime itself makes and hardly fills (Julia's, for the code that it compiles): so much more
    than its task's limit may a program's file have. What is on a disk is bounded all the same."""
    run_options: tuple[str, ...] = ()
    """Regular expressions; the task's compile options that match one in full are what ``{options}`` is in
    ``run_command``."""
    out_of_memory_pattern: str = ""
    """Regular expression; a failing program with a match in the end of its stderr ended for want of memory."""
    allocation_pattern: str = ""
    """Regular expression; its last match in such a stderr is what the runtime says of the allocation. Empty: the match
    of ``out_of_memory_pattern`` is."""
    end_of_input_pattern: str = ""
    """Regular expression; a failing program with a match in the end of its stderr read on where its input had ended."""
    stack_dump: StackDump | None = None
    """How its programs tell where they are when their time is up; None: they do not."""
    rules: tuple[CodeRule, ...] = ()
    varies: tuple[CodeRule, ...] = ()
    """Signs that a program may end otherwise when it runs again: its outcome is not kept as others' answer."""
    diagnostics: tuple[DiagnosticRule, ...] = ()
    """Of one stage, the first that finds anything counts."""
    packages: PackageRule | None = None
    """None: its tasks name none."""
    tests: tuple[TestFramework, ...] = ()
    """What its files can be run as tests of."""
    runs_tests: bool = False
    """True of what ``testing`` returns: a run leaves a report."""

    @property
    def id(self) -> str:
        """What is unique to it on a node: its name, with its series behind it where it has one."""
        return f"{self.name}-{self.series}" if self.series else self.name

    def testing(self, framework: str) -> Language | None:
        """The same language, where the files of a task are tests of that framework; None where it has none of that
        name. Its runs start cold."""
        found = next((one for one in self.tests if one.name == framework), None)
        if found is None:
            return None
        return replace(
            self,
            run_command=found.command,
            compile=found.compile or self.compile,
            source_name=found.source_name or self.source_name,
            source_name_pattern="" if found.source_name else self.source_name_pattern,
            runs_tests=True,
        )

    def warm_for(self, role: Role) -> Warm | None:
        """What waits in slots of that role."""
        if role is Role.RUN:
            return self.warm
        return self.compile.warm if self.compile else None

"""A submission made ready to build and to run: its files, its commands, and the hash of what its build depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from node.domain.language import CompileStage, Language
from node.domain.patterns import matches_in_full
from node.domain.preamble import Preamble, preamble_of
from node.domain.rules import refused_options
from node.domain.sandbox import Launch, Talking
from node.domain.sizes import REPORT_BYTES
from node.domain.sources import as_argument, entry_of, matching, named, normalised, stem
from node.domain.template import expand
from node.domain.text import lenient, raw
from schemas.content import Content, bytes_of
from schemas.task import Limits, SourceFile

COMPILE_OPEN_FILES = 1024


@dataclass(frozen=True, slots=True)
class Program:
    """One program in one language, as submitted."""

    language: Language
    version: str
    files: Mapping[str, Content]
    """Sources are text, in which a byte that is not UTF-8 is a lone surrogate (``text.raw`` is the way back)."""
    entry: str
    options: tuple[str, ...]
    env: Mapping[str, str]
    entry_point: str = ""
    """The entry where the task named it; empty where it was found by its name."""
    compile_env: Mapping[str, str] = field(default_factory=dict)
    """By which its compiler finds its packages."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Beside the folder that it is compiled and run in, by name: the way to its packages."""
    layer: str = ""
    """The folder with the packages that its task names; empty where it names none."""

    @property
    def size(self) -> int:
        """Characters of all files, and bytes of those that are no text."""
        return sum(map(len, self.files.values()))


@dataclass(frozen=True, slots=True)
class Runnable:
    """A program that can be run: what crosses to the run slot."""

    program: Program
    files: Mapping[str, bytes]
    executables: frozenset[str]


class OptionRefusedError(ValueError):
    """A compile option that the language does not allow. The message is for the author."""


def program_of(
    language: Language,
    version: str,
    files: Sequence[SourceFile],
    *,
    entry_point: str = "",
    options: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Program:
    """The program that was submitted. Raises UnusableSourceError, OptionRefusedError."""
    allowed = language.compile.options_allowed if language.compile else ()
    refused = refused_options(options, allowed)
    if refused:
        raise OptionRefusedError(f"{language.name} does not allow the compile option {refused[0]!r}")
    by_name = named(language, files)
    entry = entry_of(language, by_name, entry_point)
    by_name[entry] = normalised(language, lenient(by_name[entry]))  # whatever its name
    return Program(language, version, by_name, entry, tuple(options), env or {}, entry_point)


def compile_limits(stage: CompileStage) -> Limits:
    """The limits of one compilation, which are the language's and not the task's."""
    return Limits(
        cpu_ms=stage.cpu_ms,
        wall_ms=stage.wall_ms,
        memory_bytes=stage.memory_bytes,
        processes=stage.processes,
        output_bytes=stage.output_bytes,
        disk_bytes=stage.disk_bytes,
        open_files=COMPILE_OPEN_FILES,
        file_bytes=stage.disk_bytes,
    )


def compile_launch(program: Program, stage: CompileStage, preamble: Preamble | None = None) -> Launch:
    """The launch of the compiler. It reads the submission; the program's own environment is not for it. What was
    precompiled for the ``preamble`` is offered to it."""
    sources = matching(program.files, stage.sources)
    command = expand(
        stage.command,
        {
            "sources": [as_argument(name) for name in sources],
            "options": program.options or stage.default_options,
            "precompiled": [f"--precompiled={preamble.key}"] if preamble else [],
            "entry_point": [f"--entry-point={program.entry_point}"] if program.entry_point else [],
            "layer_option": _layer_option(program),
            **_entry_values(program.entry),
        },
    )
    return Launch(
        files=_encoded(program.files),
        command=command,
        limits=compile_limits(stage),
        env={**stage.env, **program.compile_env},
        collect=stage.artefacts,
        links=program.links,
    )


def compile_preamble(program: Program, stage: CompileStage) -> Preamble | None:
    """The preamble of a program that is one source file. None where it has none that could be precompiled."""
    sources = matching(program.files, stage.sources)
    if stage.preamble is None or len(sources) != 1:
        return None
    return preamble_of(stage.preamble, lenient(program.files[sources[0]]), program.options or stage.default_options)


_TERMINAL_ENV = {"TERM": "xterm-256color"}
"""What the terminals of pages and shells understand."""


def run_launch(
    runnable: Runnable,
    *,
    stdin: Content,
    args: Sequence[str],
    limits: Limits,
    outputs: Sequence[str] = (),
    outputs_bytes: int = 0,
    redirect_stderr: bool = False,
    talking: Talking | None = None,
) -> Launch:
    """The launch of the program. ``outputs``: patterns of the files that come back, so many bytes of them. What waits
    with a fixed environment cannot serve a task that brings its own, and nothing that waits has a
    terminal, one stream for both outputs, or tests to run."""
    program = runnable.program
    language = program.language
    options = [one for one in program.options if any(matches_in_full(rule, one) for rule in language.run_options)]
    values = {"args": tuple(args), "options": options, "layer_option": _layer_option(program)}
    command = expand(language.run_command, {**values, **_entry_values(program.entry)})
    fixed_env = language.warm is not None and language.warm.env_at_start
    on_terminal = talking is not None and talking.interaction.terminal is not None
    return Launch(
        files=runnable.files,
        command=command,
        limits=limits,
        stdin=bytes_of(stdin),
        env={**_TERMINAL_ENV, **program.env} if on_terminal else program.env,
        executables=runnable.executables,
        stack_dump=language.stack_dump,
        outputs=tuple(outputs),
        outputs_bytes=outputs_bytes if outputs else 0,
        warm=not (fixed_env and program.env) and not (on_terminal or redirect_stderr or language.runs_tests),
        redirect_stderr=redirect_stderr,
        talking=talking,
        report_bytes=REPORT_BYTES if language.runs_tests else 0,
        links=program.links,
    )


def runnable_as_submitted(program: Program) -> Runnable:
    """A program in a language that is not compiled: the files as they are."""
    return Runnable(program, _encoded(program.files), frozenset())


def runnable_of_artefacts(program: Program, stage: CompileStage, artefacts: Mapping[str, bytes]) -> Runnable:
    """A compiled program: artefacts beside the submitted files that are no sources (data that the program reads)."""
    sources = set(matching(program.files, stage.sources))
    data = {name: raw(content) for name, content in program.files.items() if name not in sources}
    return Runnable(program, data | dict(artefacts), frozenset(artefacts))


def artefact_key(program: Program, launch: Launch, client: str, digest: str) -> str:
    """Hash of everything that goes into a build: language, image, compiler (``digest``: ``SandboxPool.digest``),
    command, options, environment, packages, files; and of the client, who would learn from another's artefacts that
    this source was compiled before."""
    inputs = (
        client,
        program.language.id,
        program.language.image,
        digest,
        program.version,
        launch.command,
        sorted(launch.env.items()),
        sorted(launch.links.items()),
        launch.collect,
        list(launch.files.items()),
    )
    return hashlib.sha256(msgspec.msgpack.encode(inputs)).hexdigest()


def _layer_option(program: Program) -> list[str]:
    return [f"--packages={program.layer}"] if program.layer else []


def _entry_values(entry: str) -> dict[str, str | Sequence[str]]:
    return {"entry": as_argument(entry), "entry_stem": as_argument(stem(entry))}


def _encoded(files: Mapping[str, Content]) -> dict[str, bytes]:
    return {name: raw(content) for name, content in files.items()}

"""The conformance suite's programs: which there are, what each must come to, and which a language leaves out."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.domain.language import Language
from sandbox import CONFORMANCE_DIR
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import MIB

ABOUT = "about.toml"
LEISURE = {"cpu_ms": 60_000, "wall_ms": 120_000, "memory_bytes": 512 * MIB, "processes": 128, "open_files": 512}
"""Limits of programs that end by themselves, on a machine of any speed."""
ERROR_MARK = "here"
"""In the one line of a faulty program that the language is to tell of."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a program must come to. What is None is not looked at."""

    status: Status = Status.SUCCEEDED
    stdout: str | None = ""
    stderr: str | None = None
    exit_code: int | None = None
    error_line: str = ""
    """The stage whose diagnostics tell of the line with ERROR_MARK; empty: none need to."""
    stdin: str = ""
    args: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)


PROGRAMS = {
    "hello": Expected(stdout="Hello, World!\n"),
    "stdin": Expected(stdin="one\ntwo three\n", stdout="ONE\nTWO THREE\n"),
    "arguments": Expected(args=("one", "two words"), stdout="one\ntwo words\n"),
    "exit": Expected(Status.FAILED, exit_code=7),
    "stderr": Expected(stderr="to standard error\n"),
    "unicode": Expected(stdout="Grüße, 世界! 🎉\n"),
    "several": Expected(stdout="Hello from the other file!\n"),
    "compile_error": Expected(Status.COMPILE_ERROR, stdout=None, error_line="compile"),
    "runtime_error": Expected(Status.FAILED, stdout=None, error_line="run"),
    "endless": Expected(Status.TIME_LIMIT, stdout=None, limits={"cpu_ms": 1_000, "wall_ms": 20_000}),
    "memory": Expected(Status.MEMORY_LIMIT, stdout=None, limits={"memory_bytes": 128 * MIB, "processes": 64}),
}
"""By name: the file (``stdin.py``) or folder (``several/main.py``, ``several/other.py``) of the program. ``hello`` is
the language's sample."""
PLACES = ("compile_error_line", "runtime_error_line")
"""What else a language may be without: an error's place in the program."""


def about(language: Language) -> dict[str, Any]:
    """What the language's folder says of itself: ``without``, by name of a program the reason why there is none;
    ``limits`` that its programs need; ``prints``, where that is a ``table`` or a ``picture``; ``programs``, the folder
    that has them."""
    path = _folder(language) / ABOUT
    return tomllib.loads(path.read_text()) if path.exists() else {}


def _folder(language: Language) -> Path:
    """Its own, where it has one, or that of all versions of the language."""
    own = CONFORMANCE_DIR / language.id
    return own if own.is_dir() else CONFORMANCE_DIR / language.name


def expected(language: Language, name: str) -> Expected:
    """What the program comes to in this language, where an interpreter meets faulty text only when it runs."""
    usual = PROGRAMS[name]
    if name == "compile_error" and language.compile is None:
        return Expected(Status.FAILED, stdout=None, error_line="run")
    return usual


def files_of(language: Language, name: str) -> list[SourceFile]:
    """The program as a task has it: one file without a name, or several, the entry first. Empty where there is none."""
    if name == "hello":
        return [SourceFile("", language.sample.lstrip("\n"))] if language.sample else []
    folder = _folder(language)
    folder = folder.parent / about(language).get("programs", folder.name)
    if name == "several":
        found = sorted((folder / name).rglob("*.*"), key=lambda path: (path.name != language.source_name, path))
        return [SourceFile(path.relative_to(folder / name).as_posix(), path.read_text()) for path in found]
    return [SourceFile("", path.read_text()) for path in _candidates(folder, name)]


def _candidates(folder: Path, name: str) -> list[Path]:
    return [path for path in sorted(folder.glob(f"{name}.*")) if path.name != ABOUT]


def marked_lines(files: list[SourceFile]) -> set[int]:
    """Numbers of the lines that speak of ERROR_MARK, from 1."""
    lines = files[0].content.splitlines()
    return {number for number, line in enumerate(lines, 1) if ERROR_MARK in line.lower()}

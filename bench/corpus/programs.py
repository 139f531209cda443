"""The programs of the corpus: sources and outputs from ``sources/LANGUAGE``, and how the plain tool runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).with_name("sources")
EXTENSIONS = {"bash": ".sh", "cpp": ".cpp", "go": ".go", "java": ".java", "javascript": ".js", "python": ".py"}
_HASH_COMMENTS = {"bash", "python"}

Commands = tuple[tuple[str, ...], ...]
"""One after another, as a person would type them."""
DEFAULT_CPP_OPTIONS = ("-O2", "-std=gnu++20")


@dataclass(frozen=True, slots=True)
class RealProgram:
    """One program of 20 to 80 lines that always prints the same."""

    language: str
    file: str
    source: str
    expected: str
    """Its standard output."""

    @property
    def name(self) -> str:
        return Path(self.file).stem


def programs(language: str) -> list[RealProgram]:
    """In the order of their names."""
    files = sorted((SOURCES / language).glob(f"*{EXTENSIONS[language]}"))
    return [
        RealProgram(
            language,
            file.name,
            file.read_text(encoding="utf-8"),
            file.with_suffix(".out").read_text(encoding="utf-8"),
        )
        for file in files
    ]


def never_seen(language: str, source: str, number: int) -> str:
    """The same program with another text, so that no cache can answer for it. The end differs: a source that is sent
    again has mostly been edited below its imports."""
    return f"{source}{'#' if language in _HASH_COMMENTS else '//'} {number}\n"


def plain_commands(language: str, file: str, options: tuple[str, ...] = ()) -> Commands:
    """What builds and runs the program with the plain tool."""
    return _COMMANDS[language](file, options)


_COMMANDS: dict[str, Callable[[str, tuple[str, ...]], Commands]] = {
    "bash": lambda file, _: (("bash", file),),
    "cpp": lambda file, options: (
        ("g++", *(options or DEFAULT_CPP_OPTIONS), "-o", "program", file),
        ("./program",),
    ),
    "go": lambda file, _: (("go", "build", "-o", "program", file), ("./program",)),
    "java": lambda file, _: (("javac", file), ("java", Path(file).stem)),
    "javascript": lambda file, _: (("node", file),),
    "python": lambda file, _: (("python3", file),),
}

"""The rules of submitted files: what they are called, which one is run, what the compiler gets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from posixpath import basename, splitext

from node.domain.language import Language
from node.domain.patterns import first_group
from schemas.task import SourceFile

_SAFE_STEM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class UnusableSourceError(ValueError):
    """The submission does not say what to run. The message is for its author."""


def usual_name(language: Language, content: str) -> str:
    """The name of a file that has none: by what it declares where the language says so, else the usual name."""
    if language.source_name_pattern:
        declared = first_group(language.source_name_pattern, content)
        if _SAFE_STEM.fullmatch(declared):
            return declared + splitext(language.source_name)[1]
    return language.source_name


def named(language: Language, files: Iterable[SourceFile]) -> dict[str, str]:
    """File name to content, in the order of submission."""
    return {file.name or usual_name(language, file.content): file.content for file in files}


def entry_of(language: Language, files: Mapping[str, str], entry_point: str) -> str:
    """The file to run: the one that was asked for, the one with the usual name, the first with the language's
    extension, the first. Raises UnusableSourceError."""
    if entry_point:
        if entry_point not in files:
            raise UnusableSourceError(f"the entry point {entry_point!r} is not among the files")
        return entry_point
    if not files:
        raise UnusableSourceError("there is no file to run")
    if language.source_name in files:
        return language.source_name
    extensions = set(language.extensions) | {splitext(language.source_name)[1]}
    return next((name for name in files if splitext(name)[1] in extensions), next(iter(files)))


def matching(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """The names that match one of the glob patterns, by their whole path or by their last part."""
    return [
        name
        for name in names
        if any(fnmatchcase(name, pattern) or fnmatchcase(basename(name), pattern) for pattern in patterns)
    ]


def as_argument(name: str) -> str:
    """A file name as it may stand in a command: never taken for an option."""
    return f"./{name}" if name.startswith("-") else name


def stem(name: str) -> str:
    """The path without its last extension."""
    return splitext(name)[0]

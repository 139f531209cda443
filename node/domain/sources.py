"""The rules of submitted files: what they are called, which one is run, what the compiler gets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from posixpath import basename, splitext

from node.domain.language import Language
from node.domain.patterns import first_group
from node.domain.text import lenient
from schemas.content import Content
from schemas.task import SourceFile

_BYTE_ORDER_MARK = "\ufeff"
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


def normalised(language: Language, content: str) -> str:
    """A source without that which the language's tools choke on; every line keeps its number."""
    if "bom" in language.normalise:
        content = content.removeprefix(_BYTE_ORDER_MARK)
    if "crlf" in language.normalise:
        content = content.replace("\r\n", "\n")
    return content


def named(language: Language, files: Iterable[SourceFile]) -> dict[str, Content]:
    """File name to content, in the order of submission. Sources are text, and normalised; data is as it was submitted:
    twenty megabytes of it would take a third of a second to become text and bytes again."""
    by_name: dict[str, Content] = {}
    for file in files:
        if file.name and splitext(file.name)[1] not in _extensions(language):
            by_name[file.name] = file.held
            continue
        content = normalised(language, lenient(file.held))
        by_name[file.name or usual_name(language, content)] = content
    return by_name


def entry_of(language: Language, files: Mapping[str, Content], entry_point: str) -> str:
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
    extensions = _extensions(language)
    return next((name for name in files if splitext(name)[1] in extensions), next(iter(files)))


def _extensions(language: Language) -> set[str]:
    return {*language.extensions, splitext(language.source_name)[1]}


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

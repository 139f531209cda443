"""The submitted files, and the rules for their size and their names."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence, Set
from dataclasses import dataclass

from broker_gateway.domain.text import CONTROL, byte_length, quoted
from broker_gateway.domain.violation import Violation
from schemas.task import SourceFile

NAME_BYTES = 255
"""The longest name that common file systems keep."""


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The bounds of a program's size."""

    max_bytes: int = 256 << 10
    """All files of one program together, in UTF-8."""
    max_files: int = 64


@dataclass(frozen=True, slots=True)
class Code:
    """The source files of one program."""

    files: Sequence[SourceFile]
    entry_point: str = ""

    @property
    def size_bytes(self) -> int:
        """The size of all files together, in UTF-8; blobs have none here."""
        return sum(byte_length(file.held) for file in self.files)

    def violations(self, rules: SourceRules, path: str) -> Iterator[Violation]:
        """Everything that is wrong with the files; ``path`` is what contains ``files`` and ``entry_point``."""
        if not self.files:
            yield Violation(f"{path}.files", "must have at least one file")
            return
        if len(self.files) > rules.max_files:
            yield Violation(f"{path}.files", f"must have at most {rules.max_files} files")
            return
        yield from self._content_violations(rules, path)
        yield from self._name_violations(path)
        if self.entry_point and all(file.name != self.entry_point for file in self.files):
            yield Violation(f"{path}.entry_point", "must be the name of one of the files")

    def _content_violations(self, rules: SourceRules, path: str) -> Iterator[Violation]:
        size = self.size_bytes
        if not size and all(file.blob is None for file in self.files):
            yield Violation(f"{path}.files[0].content", "is empty")
        elif size > rules.max_bytes:
            yield Violation(f"{path}.files", f"must have at most {rules.max_bytes} bytes in all, have {size}")

    def _name_violations(self, path: str) -> Iterator[Violation]:
        if [file.name for file in self.files] == [""]:
            return
        names: dict[str, int] = {}
        for index, file in enumerate(self.files):
            fault = file_name_fault(file.name)
            if fault is None and file.name in names:
                fault = "is the name of an earlier file too"
            if fault is not None:
                yield Violation(f"{path}.files[{index}].name", fault)
            else:
                names[file.name] = index
        for name, index in names.items():
            folder = _folder_among(names, name)
            if folder is not None:
                fault = f"needs {quoted(folder)} to be a folder, which is a file here"
                yield Violation(f"{path}.files[{index}].name", fault)

    def ending_violations(self, endings: Set[str], path: str) -> Iterator[Violation]:
        """What is wrong where a compiler looks for names that end in one of ``endings`` (none: it does not): that there
        is none, or that another file is to be run. A single file without a name gets a right one."""
        if not endings or [file.name for file in self.files] == [""]:
            return
        known = " or ".join(f"*{ending}" for ending in sorted(endings))
        ended = tuple(endings)
        if not any(file.name.endswith(ended) for file in self.files):
            yield Violation(f"{path}.files[0].name", f"must match {known}, as one file of this language at least")
        elif self.entry_point and not self.entry_point.endswith(ended):
            yield Violation(f"{path}.entry_point", f"must match {known}, as the sources of this language do")


def _folder_among(names: Container[str], name: str) -> str | None:
    """The file of ``names`` below which ``name`` would lie. Only for names that were let in: it is quadratic in their
    length."""
    slash = name.find("/", 1)
    while slash != -1:
        if name[:slash] in names:
            return name[:slash]
        slash = name.find("/", slash + 1)
    return None


def file_name_fault(name: str) -> str | None:
    """The reason why no submitted file may have this name, or None."""
    if not name:
        return "is empty, which only a single file may be"
    if byte_length(name) > NAME_BYTES:
        return f"must have at most {NAME_BYTES} bytes"
    if CONTROL.search(name):
        return "must not contain NUL or other control characters"
    if "\\" in name:
        return "must not contain a backslash; folders are separated by /"
    return _path_fault(name)


def _path_fault(name: str) -> str | None:
    if name.startswith("/"):
        return "must be relative"
    if name.startswith(("-", "@")):
        return "must not start with - or @, which compilers take for an option"
    parts = name.split("/")
    if ".." in parts:
        return "must not contain .."
    if "" in parts or "." in parts:
        return "must not have empty or . components"
    return None

"""The file that keeps which languages were added to a node and removed from it. The command ``coderunner-node
languages`` writes it; the node reads it, and does what it says while it runs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from node.domain.chosen import Choice, chosen
from node.domain.language import Language
from node.infrastructure.languages import LanguageFileError, load_languages
from node.infrastructure.settings import NodeSettings
from schemas.reader import Reader

MAX_BYTES = 64 << 10
"""Of the file: some hundred languages."""
_FILE = "languages.json"
_choices = Reader(Choice)


class ChoiceFile:
    """One per state directory. It is replaced as a whole, so that whoever reads it, or starts after a crash, finds the
    old one or the new one."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir.expanduser() / _FILE

    def mark(self) -> str:
        """Another one for each file that was here; empty where there is none. Raises OSError."""
        try:
            told = self.path.stat()
        except FileNotFoundError:
            return ""
        return f"{told.st_ino}-{told.st_mtime_ns}-{told.st_size}"

    def read(self) -> Choice:
        """What was decided; nothing where there is no file. Raises LanguageFileError, OSError."""
        try:
            with self.path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return Choice()
        if len(content) > MAX_BYTES:
            raise LanguageFileError(f"{self.path}: more than {MAX_BYTES} bytes")
        try:
            return _choices.decode(content)
        except ValueError as error:
            raise LanguageFileError(f"{self.path}: {error}") from error

    def change(self, change: Callable[[Choice], Choice]) -> None:
        """Replaces the decision; one after the other, where several would. Raises LanguageFileError, OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            new = msgspec.json.encode(change(self.read()), order="sorted")
            beside = self.path.with_suffix(".new")
            beside.unlink(missing_ok=True)
            with open(beside, "xb", opener=_no_link) as file:
                file.write(new + b"\n")
                file.flush()
                os.fchmod(file.fileno(), 0o644)  # the node may be another user
                os.fsync(file.fileno())
            beside.replace(self.path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self.path.with_suffix(".lock"), "ab", opener=_no_link) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _no_link(path: str, flags: int) -> int:
    """Opens no link: the folder is what whoever answers in the node's place says, and root may be asking."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o644)


class ChosenLanguages:
    """The languages that a node is to serve, as its settings, its language files and the choice's file have it."""

    def __init__(self, settings: NodeSettings) -> None:
        self._directory = settings.languages_dir
        self._named = settings.languages
        self._file = ChoiceFile(settings.state_dir)
        self.mark = ""
        """That of the file that is followed."""
        self._read_mark = ""
        self._choice = Choice()

    def changed(self) -> bool:
        """True where the file is another than is followed. Raises OSError."""
        return self._file.mark() != self.mark

    def read(self) -> tuple[tuple[Language, ...], frozenset[str]]:
        """The languages to serve, and the ids of those that have another image than when it was read last. Raises
        LanguageFileError, OSError."""
        mark = self._file.mark()
        choice = self._file.read()
        languages = chosen(load_languages(self._directory), self._named, choice)
        renewed = choice.renewed_since(self._choice)
        self._read_mark, self._choice = mark, choice
        return languages, renewed

    def followed(self) -> None:
        """Says that what was read last is carried out."""
        self.mark = self._read_mark

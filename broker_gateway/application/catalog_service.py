"""The use cases of the catalog: which languages can be run, and which nodes run them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from broker_gateway.application.live_nodes import LiveNodes
from schemas.node import LanguageRecord, NodeRecord

_PIECES = re.compile(r"\d+|[^\d.]+")
_WORD, _END, _NUMBER = range(3)
"""What two versions differ in, in their order: 3.13rc1 comes before 3.13, and that before 3.13.1."""


@dataclass(slots=True)
class LanguageDTO:
    """A language as all nodes together serve it."""

    name: str
    versions: list[str] = field(default_factory=list)
    """Distinct, newest first."""
    aliases: list[str] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)
    compiled: bool = False
    nodes: int = 0
    """Live nodes that serve it."""
    title: str = ""
    """What readers call it; empty: as its name."""
    sample: str = ""
    editor_mode: str = ""
    test_frameworks: list[str] = field(default_factory=list)
    """What its files can be run as tests of, by name."""
    baselines: list[int] = field(default_factory=list)
    """What each of these nodes that knows it says of the interpreter's own memory, in bytes."""

    @property
    def baseline_memory_bytes(self) -> int:
        """The median of what the nodes say, so that no single one decides it; 0 where none says anything."""
        return statistics.median_low(self.baselines) if self.baselines else 0


class CatalogAppService:
    """The application service of the catalog, answered from the live nodes."""

    def __init__(self, *, nodes: LiveNodes) -> None:
        self._nodes = nodes

    def languages(self) -> list[LanguageDTO]:
        """The languages of the nodes that take tasks, by name: those that a task can be submitted for."""
        merged: dict[str, LanguageDTO] = {}
        for node in self._nodes.live():
            if node.takes_tasks:
                _merge(merged, node.languages)
        for language in merged.values():
            language.versions.sort(key=version_key, reverse=True)
        return sorted(merged.values(), key=lambda one: one.name)

    def language(self, name_or_alias: str) -> LanguageDTO | None:
        """The one of these languages that is called so, in any case."""
        name = self._nodes.scheduler().language_name(name_or_alias)
        if name is None:
            return None
        merged: dict[str, LanguageDTO] = {}
        for node in self._nodes.live():
            if node.takes_tasks:
                _merge(merged, (record for record in node.languages if record.name == name))
        merged[name].versions.sort(key=version_key, reverse=True)
        return merged[name]

    def nodes(self) -> Sequence[NodeRecord]:
        """The records of all live nodes, draining ones too, by id."""
        return sorted((node.record for node in self._nodes.live()), key=lambda one: one.id)


def versions_of(node: NodeRecord) -> dict[str, str]:
    """By language: the version that the node runs where none is asked for, and others after commas."""
    versions: dict[str, list[str]] = {}
    for language in node.languages:
        versions.setdefault(language.name, []).append(language.version)
    return {name: ", ".join(found) for name, found in versions.items()}


def _merge(merged: dict[str, LanguageDTO], records: Iterable[LanguageRecord]) -> None:
    counted: set[str] = set()
    for record in records:
        language = merged.setdefault(record.name, LanguageDTO(record.name))
        _add_new(language.versions, [record.version])
        _add_new(language.aliases, record.aliases)
        _add_new(language.extensions, record.extensions)
        language.compiled = language.compiled or record.compiled
        language.title = language.title or record.title
        language.sample = language.sample or record.sample
        language.editor_mode = language.editor_mode or record.editor_mode
        language.test_frameworks = sorted({*language.test_frameworks, *record.test_frameworks})
        if record.name not in counted:
            counted.add(record.name)
            language.nodes += 1
            if record.baseline_memory_bytes:
                language.baselines.append(record.baseline_memory_bytes)


def _add_new(known: list[str], found: Iterable[str]) -> None:
    known.extend(one for one in found if one not in known)


def version_key(version: str) -> list[tuple[int, int | str]]:
    """A sort key for versions: it puts 3.9 before 3.13, and 3.13rc1 before 3.13."""
    pieces = [(_NUMBER, int(one)) if one.isdecimal() else (_WORD, one) for one in _PIECES.findall(version)]
    return [*pieces, (_END, "")]

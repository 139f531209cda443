"""The scheduler: it chooses the pool that a task is put into. Which node of the pool then takes the task is settled on
the bus, by the nodes' load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol

from broker_gateway.domain.client_node import ClientNode
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.text import quoted
from schemas.packages import kinds_of


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a node must be able to run: a language by name or alias, any case; a version's prefix, empty for
    any."""

    language: str
    version: str
    packages: frozenset[str] | None = None
    """With packages of an index, which has one of these kinds; None: without."""


class ToRun(Protocol):
    """A program, or the checker of its cases, as a client named its language."""

    @property
    def language(self) -> str: ...

    @property
    def language_version(self) -> str: ...


class Submitted(ToRun, Protocol):
    """A program, which may name packages."""

    @property
    def packages(self) -> Sequence[str]: ...


def needs_of(program: Submitted, checker: ToRun | None) -> tuple[Need, ...]:
    """What a node must be able to run for a task: the program, and the checker where it has one."""
    kinds = kinds_of(program.packages) if program.packages else None
    own = Need(program.language, program.language_version, kinds)
    return (own,) if checker is None else (own, Need(checker.language, checker.language_version))


@dataclass(frozen=True, slots=True)
class PoolChoice:
    """A pool that the task could go to."""

    pool: str
    capacity: int
    """Tasks at once, over its live nodes that can run this one."""
    all_nodes_can: bool
    """Every live node of the pool can run it."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The pools that a task could go to."""

    languages: tuple[str, ...]
    """The proper name for each need, in order."""
    pools: tuple[PoolChoice, ...]
    """At least one. Where every node of some pool can run the task, only such pools; quiet ones only where there are no
    others."""
    digests: frozenset[str] = frozenset()
    """What may run it, over all live nodes that can: the language's digest, the checker's behind a plus sign. Empty
    where one of them does not tell."""

    def pool(self, waiting: Mapping[str, int]) -> str:
        """The pool with the shortest queue for its capacity; ties go to the larger one, then by name."""
        return min(self.pools, key=lambda one: (waiting.get(one.pool, 0) / one.capacity, -one.capacity, one.pool)).pool


@dataclass(frozen=True, slots=True)
class NobodyServes:
    """The answer where no live node can run the task."""

    message: str


class TaskScheduler:
    """The domain service that places tasks, for one set of live nodes; it is made anew when that set changes."""

    def __init__(self, nodes: Sequence[ClientNode], quiet: Set[str] = frozenset()) -> None:
        """``quiet``: pools whose nodes are listed, and of which none takes a task. They are chosen where there is no
        other."""
        self._quiet = quiet
        self._nodes = [node for node in nodes if node.takes_tasks]
        self._names = _names(self._nodes)
        self._endings: dict[str, frozenset[str]] = {}
        self._placements: dict[tuple[Need, ...], Placement] = {}
        self._takes: dict[tuple[str, tuple[Need, ...]], bool] = {}

    def language_name(self, name_or_alias: str) -> str | None:
        """The proper name of a language that is served."""
        return self._names.get(name_or_alias.lower())

    def node_behind(self, draft: TaskDraft, language: str) -> str:
        """A live node of an older version, or with an older definition of the ``language`` (a proper name), which must
        not be handed what the draft has, and why; empty where there is none."""
        for node in self._nodes:
            if draft.holds_bytes and not node.record.takes_bytes:
                return f"{quoted(node.id)} is of a version that takes text alone"
            if draft.names_blobs and not node.record.takes_blobs:
                return f"{quoted(node.id)} is of a version that knows no blobs"
            if (draft.interaction is not None or draft.redirect_stderr) and not node.record.talks:
                return f"{quoted(node.id)} is of a version whose programs are not talked to, nor have one output"
            if draft.packages and not node.record.takes_packages:
                return f"{quoted(node.id)} is of a version that knows no packages"
            frameworks = node.test_frameworks_of(language, draft.language_version)
            if draft.test_framework and frameworks is not None and draft.test_framework not in frameworks:
                return f"{quoted(node.id)} serves {language} without that test framework"
        return ""

    def kinds_of_packages(self, language: str) -> frozenset[str]:
        """The kinds of packages that tasks in a language may name now; empty: none. ``language`` is a proper name."""
        records = (record for node in self._nodes for record in node.languages if record.name == language)
        return frozenset(record.packages for record in records if record.packages)

    def test_frameworks(self, language: str, version: str) -> list[str]:
        """What some node can run such a program as tests of, by name. ``language`` is a proper name."""
        told = (node.test_frameworks_of(language, version) or () for node in self._nodes)
        return sorted({name for names in told for name in names})

    def source_endings(self, language: str) -> frozenset[str]:
        """The endings that a compiler of the language knows its sources by; empty where any name will do.
        ``language`` is a proper name."""
        found = self._endings.get(language)
        if found is None:
            records = [record for node in self._nodes for record in node.languages if record.name == language]
            endings = frozenset(ending for record in records for ending in record.extensions)
            found = endings if records and all(record.compiled for record in records) else frozenset()
            if records:
                self._endings[language] = found
        return found

    def place(self, needs: tuple[Need, ...]) -> Placement | NobodyServes:
        """The pools that the task could go to. A node must serve all of ``needs`` (the program's language, the
        checker's) to be given the task."""
        known = self._placements.get(needs)
        if known is not None:
            return known
        placement = self._place(needs)
        if isinstance(placement, Placement) and len(self._placements) < _MAX_REMEMBERED:
            self._placements[needs] = placement
        return placement

    def takes(self, pool: str, needs: tuple[Need, ...]) -> bool:
        """True where a node of this pool will take such a task."""
        key = (pool, needs)
        known = self._takes.get(key)
        if known is None:
            known = pool not in self._quiet and any(
                pool in node.record.pools and all(_serves(node, need) for need in needs) for node in self._nodes
            )
            if len(self._takes) < _MAX_REMEMBERED:
                self._takes[key] = known
        return known

    def _place(self, needs: tuple[Need, ...]) -> Placement | NobodyServes:
        wanted: list[Need] = []
        for need in needs:
            name = self.language_name(need.language)
            if name is None:
                return NobodyServes(self._unknown(need))
            wanted.append(replace(need, language=name))
        names, pools = tuple(need.language for need in wanted), self._pools(wanted)
        return Placement(names, pools, self._digests(wanted)) if pools else NobodyServes(self._unserved(wanted))

    def _digests(self, wanted: Sequence[Need]) -> frozenset[str]:
        able = [node for node in self._nodes if all(_serves(node, need) for need in wanted)]
        told = [[node.digest_of(need.language, need.version) for need in wanted] for node in able]
        return frozenset(map("+".join, told)) if all(map(all, told)) else frozenset()

    def _pools(self, wanted: Sequence[Need]) -> tuple[PoolChoice, ...]:
        capacity: dict[str, int] = {}
        mixed: set[str] = set()
        for node in self._nodes:
            able = all(_serves(node, need) for need in wanted)
            for pool in node.record.pools:
                if able:
                    capacity[pool] = capacity.get(pool, 0) + node.record.capacity
                else:
                    mixed.add(pool)
        every = [PoolChoice(pool, tasks, pool not in mixed) for pool, tasks in sorted(capacity.items())]
        choices = [choice for choice in every if choice.pool not in self._quiet] or every
        return tuple(choice for choice in choices if choice.all_nodes_can) or tuple(choices)

    def _unknown(self, need: Need) -> str:
        served = ", ".join(sorted(set(self._names.values()))) or "none at all"
        return f"no live node serves the language {quoted(need.language)}; served now: {served}"

    def _unserved(self, wanted: Sequence[Need]) -> str:
        for language, version in ((need.language, need.version) for need in wanted):
            if not any(node.serves(language, version) for node in self._nodes):
                found = {record.version for node in self._nodes for record in node.languages if record.name == language}
                versions = ", ".join(sorted(found))
                return f"no live node serves {language} {quoted(version)}; versions served now: {versions}"
        for need in wanted:
            if need.packages is not None:
                versions = ", ".join(sorted(self._versions_with_packages(need.language, need.packages))) or "none"
                words = "no live node serves this task's languages, the program's with packages"
                return f"{words}; versions of {need.language} with such: {versions}"
        return "no live node serves both the program's and the checker's language"

    def _versions_with_packages(self, language: str, kinds: Set[str]) -> set[str]:
        records = (record for node in self._nodes for record in node.languages if record.name == language)
        return {record.version for record in records if record.packages in kinds}


def _serves(node: ClientNode, need: Need) -> bool:
    return node.serves(need.language, need.version, packages=need.packages)


_MAX_REMEMBERED = 1024
"""Version prefixes are the clients' own words: what is remembered of them is bounded."""


def _names(nodes: Sequence[ClientNode]) -> dict[str, str]:
    """Lower-case name or alias to proper name. A name wins over another language's alias."""
    aliases: dict[str, str] = {}
    names: dict[str, str] = {}
    for node in sorted(nodes, key=lambda one: one.id):
        for language in node.languages:
            names.setdefault(language.name.lower(), language.name)
            for alias in language.aliases:
                aliases.setdefault(alias.lower(), language.name)
    return aliases | names

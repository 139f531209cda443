"""Layers: what was installed for tasks that name packages, kept by what was asked for and by what it holds (ADR
0040)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from node.domain.language import Language, PackageRule
from node.domain.program import Program
from node.domain.sandbox import Outcome
from node.domain.template import expand
from schemas.packages import is_pinned, normalised
from schemas.task import Limits

LAYERS_PATH = "/packages"
"""Where run slots find all layers, each under a name that nobody can guess, and none of them listed."""
INSTALL_PATH = "/layer"
"""Where an installer's slot has its folder."""
MAX_INSTALLED = 2_000
"""Packages in one layer."""
MAX_TOLD_CHARS = 301
"""Of one of them, with its version."""
MAX_LISTED_CHARS = 64 << 10
"""Of all of them together: the keeper takes them as one argument of a program, which is 128 KiB at the most."""
_TOLD = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@/:.=+!_~-]+")
_SHOWN_CHARS = 100
WORDS_BYTES = 256 << 10
"""Of what an installer says to people; the rest is not told."""
_LINE_BYTES = 256 << 10
"""On its line to the node: what it tells of the packages."""
_REQUEST_BYTES = 1 << 10
"""There, for each document that it may ask for."""
_DISK_BYTES_PER_ASKED_BYTE = 4 << 10
"""A document comes in pieces, each asked for by a few bytes."""
_OPEN_FILES = 1_024


@dataclass(frozen=True, slots=True)
class Layer:
    """One tree of installed packages."""

    name: str
    """Of its folder in ``LAYERS_PATH``."""
    size: int
    """In bytes, on the disk."""
    packages: tuple[str, ...]
    """What is in it, each as its kind tells one of one version (``schemas.packages``)."""

    @property
    def path(self) -> str:
        """Where programs find it."""
        return f"{LAYERS_PATH}/{self.name}"


@dataclass(frozen=True, slots=True)
class KeptLayer:
    """A layer as it was asked for."""

    layer: Layer
    made_at_s: float
    """Unix seconds."""
    client: str = ""
    """Who asked for it first; empty where that was in an earlier life."""
    not_before_s: float = 0.0
    """Unix seconds: until then it is not looked up again, as that was tried in vain."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be installed."""

    language: Language
    rule: PackageRule
    packages: tuple[str, ...]
    """In one order, each once."""
    key: str
    """The same for all orders that install the same."""

    @classmethod
    def of(cls, language: Language, packages: Iterable[str], digest: str, source: Iterable[str]) -> Order:
        """``digest``: what runs programs of the language here; ``source``: what installs, and from where. Raises
        ValueError where the language takes no packages, or none of that name."""
        rule = language.packages
        if rule is None:
            raise ValueError(f"{language.name} takes no packages")
        named = normalised(rule.kind, packages)
        definition = msgspec.json.encode((language.id, digest, tuple(source), rule, named), order="deterministic")
        return cls(language, rule, named, hashlib.sha256(definition).hexdigest())

    @property
    def is_pinned(self) -> bool:
        """Whether each of them is of one version."""
        return all(is_pinned(self.rule.kind, package) for package in self.packages)

    def limits(self) -> Limits:
        """The limits of the installation, which are the language's and not the task's."""
        rule = self.rule
        return Limits(
            cpu_ms=rule.cpu_ms,
            wall_ms=rule.wall_ms,
            memory_bytes=rule.memory_bytes,
            processes=rule.processes,
            output_bytes=_LINE_BYTES + rule.requests * _REQUEST_BYTES + rule.disk_bytes // _DISK_BYTES_PER_ASKED_BYTE,
            disk_bytes=rule.disk_bytes,
            open_files=_OPEN_FILES,
            file_bytes=rule.disk_bytes,
        )

    def command(self, places: Iterable[str]) -> tuple[str, ...]:
        """The installer's command; ``places``: the index, and where its pages lead to."""
        values = {"layer": INSTALL_PATH, "places": tuple(places), "packages": self.packages}
        return expand(self.rule.command, values)


@dataclass(frozen=True, slots=True)
class Installation:
    """How an installation ended."""

    outcome: Outcome | None
    """The installer's; its standard error is what it says. None where a layer of before serves, as none could run."""
    layer: Layer | None
    limits: Limits
    """Those of the installation."""
    fault: str = ""
    """Why what was installed is no layer; empty where it is, or where the installer itself failed."""


def listing_fault(packages: Sequence[str]) -> str:
    """Why what was installed cannot be told of, as a sentence; empty where it can. An installer tells it one by one,
    each as its kind names one of one version, and is not believed. ``index_relay.py`` has the same limits."""
    if not packages:
        return "the installer has not told what it has installed"
    if len(packages) > MAX_INSTALLED:
        return f"what was installed comes to {len(packages)} packages, of which {MAX_INSTALLED} may be in one set"
    for package in packages:
        if len(package) > MAX_TOLD_CHARS:
            shown = package[:_SHOWN_CHARS]
            return f"the package {shown!a}... has more than {MAX_TOLD_CHARS} characters with its version"
        if not _TOLD.fullmatch(package):
            return f"the package {package[:_SHOWN_CHARS]!a} has no name that can be told"
    chars = sum(map(len, packages))
    if chars > MAX_LISTED_CHARS:
        return f"the names of what was installed have {chars} characters, of which {MAX_LISTED_CHARS} may be in one set"
    return ""


def as_told(outcome: Outcome) -> Outcome:
    """An installer's end, as people are told of it: its standard output was for the node."""
    truncated = outcome.stderr_truncated or len(outcome.stderr) > WORDS_BYTES
    words = outcome.stderr[:WORDS_BYTES]
    return replace(outcome, stdout=b"", stdout_truncated=False, stderr=words, stderr_truncated=truncated)


def with_layer(program: Program, layer: Layer) -> Program:
    """The program that finds what is in the layer: by a word of its commands, by variables of its environment, behind
    what its task has set, by variables of its compiler's, and by links beside it."""
    rule = program.language.packages
    if rule is None:
        return program
    own = program.env
    joined = {name: f"{own[name]}:{value}" if own.get(name) else value for name, value in _leading(rule.env, layer)}
    return replace(
        program,
        env={**own, **joined},
        compile_env=dict(_leading(rule.compile_env, layer)),
        links=dict(_leading(rule.links, layer)),
        layer=layer.path,
    )


def _leading(values: Mapping[str, str], layer: Layer) -> Iterator[tuple[str, str]]:
    """The same, with the place of the layer in them."""
    for name, value in values.items():
        yield name, expand([value], {"layer": layer.path})[0]

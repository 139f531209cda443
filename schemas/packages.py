"""How tasks name packages that are installed for them: the rules that gateways and nodes both apply (docs/adr/0040,
docs/adr/0043).

A name goes to an installer as one word. So nothing may be one that the installer takes for something else: an option,
an address, a path, another name for one, or a file of further names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

PYPI = "pypi"
"""Python's: ``numpy``, ``numpy==2.1.*``, ``requests[socks]>=2,<3`` (PEP 508 without addresses, markers and blanks).
What was installed is told as ``numpy==2.1.3``."""
NPM = "npm"
"""JavaScript's: ``lodash``, ``lodash@4.17.21``, ``@babel/core@^7``, ``react@18||19``, ``typescript@next``. What was
installed is told as ``lodash@4.17.21``."""
MAVEN = "maven"
"""Java's: ``com.google.code.gson:gson``, ``com.google.code.gson:gson:2.11.0``, and told so."""
MAX_PACKAGES = 32
"""Of one task."""
MAX_CHARS = 200
"""Of one of them."""

_PYPI_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_PYPI_CLAUSE = r"(?:===?|!=|~=|<=?|>=?)[A-Za-z0-9][A-Za-z0-9.+!_-]*(?:\.\*)?"
_RUNS_OF_SEPARATORS = re.compile(r"[-_.]+")

_NPM_NO_FILE = r"(?!.*\.(?i:tgz|tar|tar\.gz)\Z)"
"""npm takes any word that ends so for a file beside it."""
_NPM_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_NPM_NUMBER = r"(?:[0-9]+|[xX*])"
_NPM_BUILD = r"(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
_NPM_RANGE = rf"(?:[~^=]|[<>]=?)?{_NPM_NUMBER}(?:\.{_NPM_NUMBER}){{0,2}}{_NPM_BUILD}"
_NPM_TAG = r"[A-Za-z][A-Za-z0-9._-]*"
_NPM_ANYTHING = re.compile(r"(?:\.[xX*])+\Z")

_MAVEN_GROUP = r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_MAVEN_ARTIFACT = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_MAVEN_VERSION = r"[A-Za-z0-9][A-Za-z0-9._+-]*"


def _subject_of_pypi(found: re.Match[str]) -> str:
    """PEP 503."""
    return _RUNS_OF_SEPARATORS.sub("-", found["name"]).lower()


def _normal_pypi(found: re.Match[str]) -> str:
    return _subject_of_pypi(found) + found["rest"]


def _normal_npm(found: re.Match[str]) -> str:
    if found["tag"]:
        return found[0]
    ranges = sorted({_normal_npm_range(one) for one in (found["ranges"] or "").split("||")})
    if "" in ranges and not any("-" in one for one in ranges):  # anything, but no prerelease that another names
        return found["name"]
    return f"{found['name']}@{'||'.join(one or '*' for one in ranges)}"


def _normal_npm_range(clause: str) -> str:
    """Empty for any version. The end of a prerelease's or a build's name may look like a number left open."""
    closed = clause if "-" in clause or "+" in clause else _NPM_ANYTHING.sub("", clause)
    closed = closed.removeprefix("=")
    return "" if closed in ("*", "x", "X") else closed


@dataclass(frozen=True, slots=True)
class _Kind:
    """The grammar of the names of one kind of packages."""

    syntax: re.Pattern[str]
    pinned: re.Pattern[str]
    """Names in their normal form that leave no choice of the version."""
    normal: Callable[[re.Match[str]], str]
    """One spelling for all names that mean the same."""
    subject: Callable[[re.Match[str]], str]
    """What is named, without versions: the same for names of which a set has one."""


_KINDS = {
    PYPI: _Kind(
        re.compile(
            rf"(?P<name>{_PYPI_NAME})"
            rf"(?P<rest>(?:\[{_PYPI_NAME}(?:,{_PYPI_NAME})*\])?(?:{_PYPI_CLAUSE}(?:,{_PYPI_CLAUSE})*)?)"
        ),
        re.compile(r".*[^<>!~=]===?[^<>=!~*,]+"),
        _normal_pypi,
        _subject_of_pypi,
    ),
    NPM: _Kind(
        re.compile(
            rf"{_NPM_NO_FILE}(?P<name>(?:@{_NPM_NAME}/)?{_NPM_NAME})"
            rf"(?:@(?:(?P<ranges>{_NPM_RANGE}(?:\|\|{_NPM_RANGE})*)|(?P<tag>{_NPM_TAG})))?"
        ),
        re.compile(rf".+@[0-9]+\.[0-9]+\.[0-9]+{_NPM_BUILD}"),
        _normal_npm,
        lambda found: found["name"],
    ),
    MAVEN: _Kind(
        re.compile(rf"(?P<name>{_MAVEN_GROUP}:{_MAVEN_ARTIFACT})(?::{_MAVEN_VERSION})?"),
        re.compile(r"[^:]+:[^:]+:(?!(?i:latest|release)\b)(?!.*(?:-SNAPSHOT|\+)\Z).+"),
        lambda found: found[0],
        lambda found: found["name"],
    ),
}


def kinds() -> frozenset[str]:
    """The kinds of packages that there are."""
    return frozenset(_KINDS)


def faults_of(kind: str, packages: Sequence[str]) -> list[str]:
    """For each of them why it names no package of that kind that a set can have, as a sentence goes on from its name;
    empty where it does. Of a kind that a later version knows, nothing does."""
    named: dict[str, str] = {}
    return [_fault(kind, package, named) for package in packages]


def _fault(kind: str, package: str, named: dict[str, str]) -> str:
    """``named``: what was named before, each as it was first; two spellings that mean the same are one."""
    if not 0 < len(package) <= MAX_CHARS:
        return f"must have 1 to {MAX_CHARS} characters"
    known = _KINDS.get(kind)
    found = known.syntax.fullmatch(package) if known is not None else None
    if known is None or found is None:
        return f"is no package as {kind} names them: a name, and versions, without blanks, addresses or paths"
    normal = known.normal(found)
    before = named.setdefault(known.subject(found), normal)
    return "" if before == normal else f"is named twice, beside {before!r}: name each package once"


def fault_of(kind: str, package: str) -> str:
    """The same of one package."""
    return faults_of(kind, [package])[0]


def kinds_of(packages: Sequence[str]) -> frozenset[str]:
    """The kinds of packages of which all of these are names."""
    return frozenset(kind for kind in _KINDS if not any(faults_of(kind, packages)))


def first_fault(kind: str, packages: Sequence[str]) -> str:
    """Why one of these names no package of that kind, as a sentence; empty where each does."""
    faults = zip(packages, faults_of(kind, packages), strict=True)
    return next((f"{package[:MAX_CHARS]!r} {fault}" for package, fault in faults if fault), "")


def normalised(kind: str, packages: Iterable[str]) -> tuple[str, ...]:
    """The same packages in one order, each once, in one spelling. Raises ValueError for what has a fault."""
    return tuple(sorted({_normalised(kind, package) for package in packages}))


def is_pinned(kind: str, package: str) -> bool:
    """True where it names one version. What that one needs itself may still change. Raises ValueError for what has a
    fault."""
    return _KINDS[kind].pinned.fullmatch(_normalised(kind, package)) is not None


def _normalised(kind: str, package: str) -> str:
    fault = first_fault(kind, [package])
    found = _KINDS[kind].syntax.fullmatch(package) if not fault else None
    if found is None:
        raise ValueError(fault)
    return _KINDS[kind].normal(found)

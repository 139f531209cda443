"""How tasks name packages that are installed for them: the rules that gateways and nodes both apply (docs/adr/0040).

A name goes to an installer as one word of its command. So nothing may be one that the installer takes for something
else: an option, an address, a path, or a file of further names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PYPI = "pypi"
"""Python's: ``numpy``, ``numpy==2.1.*``, ``requests[socks]>=2,<3`` (PEP 508 without addresses, markers and blanks)."""
NPM = "npm"
"""JavaScript's: ``lodash``, ``lodash@4.17.21``, ``@babel/core@^7``."""
MAX_PACKAGES = 32
"""Of one task."""
MAX_CHARS = 200
"""Of one of them."""

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_CLAUSE = r"(?:===?|!=|~=|<=?|>=?)[A-Za-z0-9][A-Za-z0-9.+!_-]*(?:\.\*)?"
_NPM_NAME = r"[a-z0-9~][a-z0-9._~-]*"
_SYNTAX = {
    PYPI: re.compile(rf"({_NAME})(?:\[{_NAME}(?:,{_NAME})*\])?(?:{_CLAUSE}(?:,{_CLAUSE})*)?"),
    NPM: re.compile(rf"((?:@{_NPM_NAME}/)?{_NPM_NAME})(?:@[\^~<>=]{{0,2}}[A-Za-z0-9][A-Za-z0-9.+_-]*)?"),
}
_RUNS_OF_SEPARATORS = re.compile(r"[-_.]+")
_PINNED = {PYPI: re.compile(r".*[^<>!~=]===?[^<>=!~*,]+"), NPM: re.compile(r".+@\d+\.\d+\.\d+[^ ]*")}


def kinds() -> frozenset[str]:
    """The kinds of packages that there are."""
    return frozenset(_SYNTAX)


def fault_of(kind: str, package: str) -> str:
    """Why this names no package of that kind, as a sentence goes on from its name; empty where it does."""
    if not 0 < len(package) <= MAX_CHARS:
        return f"must have 1 to {MAX_CHARS} characters"
    syntax = _SYNTAX.get(kind)
    if syntax is None or syntax.fullmatch(package) is None:
        return f"is no package as {kind} names them: a name, and versions, without blanks, addresses or paths"
    return ""


def normalised(kind: str, packages: Iterable[str]) -> tuple[str, ...]:
    """The same packages in one order, each once, under the name that an index knows it by. They must have no fault."""
    return tuple(sorted({_normalised(kind, package) for package in packages}))


def is_pinned(kind: str, package: str) -> bool:
    """True where it names one version. What that one needs itself may still change."""
    return _PINNED[kind].fullmatch(package) is not None


def _normalised(kind: str, package: str) -> str:
    if kind != PYPI:
        return package
    found = _SYNTAX[PYPI].fullmatch(package)
    if found is None:
        raise ValueError(f"not a package: {package!r}")
    name = found.group(1)
    return _RUNS_OF_SEPARATORS.sub("-", name).lower() + package[len(name) :]

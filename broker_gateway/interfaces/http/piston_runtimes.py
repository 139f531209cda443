"""The languages that are served, as Piston's clients look for them: each version is a runtime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from broker_gateway.application.catalog_service import CatalogAppService, LanguageDTO
from broker_gateway.interfaces.http.version_selectors import selected

ALIASES: Mapping[str, Sequence[str]] = {
    "bash": ("sh",),
    "cpp": ("c++", "g++"),
    "javascript": ("js", "node-javascript", "node-js"),
    "python": ("py", "py3", "python3"),
}
"""By our name for a language: how else Piston's clients call it."""
_NAMES = {alias: name for name, aliases in ALIASES.items() for alias in aliases}


class Runtime(NamedTuple):
    """One version of a language."""

    language: LanguageDTO
    version: str

    @property
    def aliases(self) -> list[str]:
        """Its other names, ours and Piston's."""
        return list(dict.fromkeys((*self.language.aliases, *ALIASES.get(self.language.name, ()))))


class PistonRuntimes:
    """All runtimes."""

    def __init__(self, catalog: CatalogAppService) -> None:
        self._catalog = catalog

    def all(self) -> Iterator[Runtime]:
        """By name, the newest version first."""
        return (Runtime(language, one) for language in self._catalog.languages() for one in language.versions)

    def find(self, name_or_alias: str, selector: str) -> Runtime | None:
        """The newest one that is meant."""
        language = self._catalog.language(name_or_alias)
        if language is None and name_or_alias.lower() in _NAMES:
            language = self._catalog.language(_NAMES[name_or_alias.lower()])
        version = selected(selector, language.versions) if language is not None else None
        return Runtime(language, version) if language is not None and version is not None else None

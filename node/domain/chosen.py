"""Which of the languages that there are a node serves: by its settings, and by what its operator added and removed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from node.domain.language import Language


@dataclass(frozen=True, slots=True)
class Choice:
    """What the operator of a node decided beyond its settings, by the languages' ids."""

    added: dict[str, str] = field(default_factory=dict)
    """With the image that each was added with: another one means that it is to be made ready once more."""
    removed: frozenset[str] = frozenset()

    def with_added(self, images: dict[str, str]) -> Choice:
        """The choice after these were added."""
        return Choice(self.added | images, self.removed - images.keys())

    def with_removed(self, gone: Collection[str]) -> Choice:
        """The choice after these were removed."""
        return Choice({one: image for one, image in self.added.items() if one not in gone}, self.removed | set(gone))

    def renewed_since(self, before: Choice) -> frozenset[str]:
        """Those that have another image now."""
        return frozenset(one for one, image in self.added.items() if before.added.get(one, image) != image)


def is_default(language: Language, languages: Sequence[Language]) -> bool:
    """True if it is served without being added; where no language says that it is, all are."""
    return language.default or not any(one.default for one in languages)


def chosen(languages: Sequence[Language], named: Collection[str], choice: Choice) -> tuple[Language, ...]:
    """The languages to serve. ``named``: those that the settings name (names or ids); none: the default ones."""

    def wanted(one: Language) -> bool:
        by_settings = bool({one.id, one.name} & set(named)) if named else is_default(one, languages)
        return one.id in choice.added or (by_settings and one.id not in choice.removed)

    return tuple(language for language in languages if wanted(language))

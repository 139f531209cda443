"""What a running node says of its languages to the command ``coderunner-node languages``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from node.domain.language import Language
from schemas.reader import Reader

LANGUAGES_PATH = "/languages"
"""Where it is read, beside the node's health."""


class ToldLanguage(msgspec.Struct, frozen=True, kw_only=True):
    """A language that the node serves, or is to serve."""

    version: str = ""
    """Empty while it is not served."""
    reason: str = ""
    """Why it is not, or not yet as it is now; empty where it is."""


class ToldNode(msgspec.Struct, frozen=True, kw_only=True):
    """What the node says of itself."""

    state_dir: str
    """Where it keeps what was decided: a service may have it from a variable that no operator's shell has."""
    choice: str
    """The mark of the decision that it follows (``ChoiceFile.mark``)."""
    languages: dict[str, ToldLanguage]
    """By id."""


_told = Reader(ToldNode)


class Serving(Protocol):
    """A pool, as far as it tells of its languages."""

    def languages(self) -> Sequence[tuple[Language, str]]: ...
    def unserved(self) -> Mapping[str, str]: ...


def told_languages(pool: Serving, state_dir: Path, choice: str) -> bytes:
    """JSON: a ``ToldNode``."""
    versions = {language.id: version for language, version in pool.languages()}
    reasons = dict(pool.unserved())
    languages = {
        one: ToldLanguage(version=versions.get(one, ""), reason=reasons.get(one, "")) for one in versions | reasons
    }
    told = ToldNode(state_dir=str(state_dir.expanduser().absolute()), choice=choice, languages=languages)
    return msgspec.json.encode(told)


def read_told(content: bytes) -> ToldNode:
    """What ``told_languages`` wrote. Raises UnreadableError."""
    return _told.decode(content)

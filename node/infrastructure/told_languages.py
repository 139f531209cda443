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
    """Why it is not."""


class ToldNode(msgspec.Struct, frozen=True, kw_only=True):
    """What the node says of itself."""

    state_dir: str
    """Where it keeps what was decided: a service may have it from a variable that no operator's shell has."""
    languages: dict[str, ToldLanguage]
    """By id."""


_told = Reader(ToldNode)


class Serving(Protocol):
    """A pool, as far as it tells of its languages."""

    def languages(self) -> Sequence[tuple[Language, str]]: ...
    def unserved(self) -> Mapping[str, str]: ...


def told_languages(pool: Serving, state_dir: Path) -> bytes:
    """JSON: a ``ToldNode``."""
    served = {language.id: ToldLanguage(version=version) for language, version in pool.languages()}
    waiting = {one: ToldLanguage(reason=reason) for one, reason in pool.unserved().items()}
    return msgspec.json.encode(ToldNode(state_dir=str(state_dir.expanduser().absolute()), languages=waiting | served))


def read_told(content: bytes) -> ToldNode:
    """What ``told_languages`` wrote. Raises UnreadableError."""
    return _told.decode(content)

"""What a running node says of its languages to the command ``coderunner-node languages``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


_told = Reader(dict[str, ToldLanguage])


class Serving(Protocol):
    """A pool, as far as it tells of its languages."""

    def languages(self) -> Sequence[tuple[Language, str]]: ...
    def unserved(self) -> Mapping[str, str]: ...


def told_languages(pool: Serving) -> bytes:
    """JSON: a ``ToldLanguage`` by id for each."""
    served = {language.id: ToldLanguage(version=version) for language, version in pool.languages()}
    waiting = {one: ToldLanguage(reason=reason) for one, reason in pool.unserved().items()}
    return msgspec.json.encode(waiting | served)


def read_told(content: bytes) -> dict[str, ToldLanguage]:
    """What ``told_languages`` wrote. Raises UnreadableError."""
    return _told.decode(content)

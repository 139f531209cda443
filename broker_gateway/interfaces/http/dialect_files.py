"""The files of dialects whose clients name them as they like, or send them in an encoding."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from typing import TypeVar

from broker_gateway.application.catalog_service import LanguageDTO
from broker_gateway.interfaces.http.reading import QUICK_BYTES

_Made = TypeVar("_Made")
_MAIN_NAMES = {"java": "Main"}
"""By language, where the name of the main file matters; elsewhere it is ``main``."""


def main_name(language: LanguageDTO) -> str:
    """The name for a main file that has none, among others that have."""
    return _MAIN_NAMES.get(language.name, "main") + ending(language)


def ending(language: LanguageDTO) -> str:
    """What its files are called; empty where it has no usual ending."""
    return language.extensions[0] if language.extensions else ""


def has_ending(name: str, language: LanguageDTO) -> bool:
    """Whether the name is one of a file of the language."""
    return name.endswith(tuple(language.extensions))


def bytes_of_base64(text: str) -> bytes | None:
    """What the text says in base64, of either alphabet, with line feeds and without padding as well; None where it is
    not that."""
    try:
        return base64.b64decode(text.translate(_ONE_ALPHABET) + "==")
    except (binascii.Error, ValueError):
        return None


async def made_of(chars: int, make: Callable[[], _Made]) -> _Made:
    """What ``make`` makes of so many characters: of many, off the loop."""
    return make() if chars <= QUICK_BYTES else await asyncio.to_thread(make)


_ONE_ALPHABET = str.maketrans("-_", "+/")

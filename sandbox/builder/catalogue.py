"""Which images the language files name, and which of them are built without being asked for. Reads files; knows no
engine."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sandbox.builder.content import REPOSITORY, ImageError


def images_of(directory: Path, *, default: bool, installers: bool = True) -> tuple[str, ...]:
    """Names of our images that the language files of a folder name, with those of ``installers`` of packages;
    ``default``: those of default languages alone. Raises ImageError."""
    named = []
    for path in sorted(directory.glob("*.toml")):
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ImageError(f"The language file {path} cannot be read: {error}.") from error
        if told.get("default") is True or not default:
            parts = (told, told.get("packages", {})) if installers else (told,)
            named += [own_image(str(part.get("image", ""))) for part in parts]
    return tuple(dict.fromkeys(name for name in named if name))


def own_image(tag: str) -> str:
    """The folder of an image of ours, by its tag; empty for any other."""
    repository, _, name = tag.partition(":")[0].partition("/")
    return name if repository == REPOSITORY else ""

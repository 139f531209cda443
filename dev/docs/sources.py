"""Pages of the site that show files and folders of the repository to which other pages lead."""

from __future__ import annotations

from pathlib import Path

from dev.docs.places import place, relative

_LEXERS = {"": "text", ".lock": "text", ".conf": "text", ".rules": "text"}
_LONGEST = 100_000  # characters; longer files are cut


def source_page(path: str, text: str) -> str:
    """A page with the text of one file."""
    suffix = Path(path).suffix
    lexer = _LEXERS.get(suffix, suffix.lstrip("."))
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "\n… (cut)\n"
    fence = "`" * 8
    return f"{_head(path)}{fence}{lexer}\n{shown.rstrip()}\n{fence}\n"


def folder_page(path: str, files: list[str]) -> str:
    """A page with the names of a folder's files, each leading to its own page."""
    here = place(path, folder=True)
    rows = [f"- [`{Path(one).name}`]({relative(here, place(one, folder=False))})" for one in files]
    return _head(path) + "\n".join(rows) + "\n"


def _head(path: str) -> str:
    """Files are not what a reader searches for."""
    return f"---\ntitle: {path}\nsearch:\n  exclude: true\nhide:\n  - navigation\n---\n\n# `{path}`\n\n"

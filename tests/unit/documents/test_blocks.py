"""No block of code escapes the tests of this folder."""

from __future__ import annotations

from collections import Counter

from tests.unit.documents.pages import Shown, everything, shown

RUN = {"python", "sh", "toml", "json", "yaml", "dockerfile", "js", "html"}
"""By test_python.py, test_shell.py, test_files.py; JavaScript on a gateway, by tests/integration/sdks; pages in a
browser, by tests/e2e/page."""
PICTURES = 11
"""Blocks of ``text``: drawings, what programs print, and what is of no language that is tested."""
NOT_RUN = 3
"""Each says why, in a comment above it."""


def test_every_block_says_its_language_and_each_language_has_a_test() -> None:
    unknown = [str(one) for one in everything() if one.block.language not in RUN | {"text"}]
    assert unknown == []


def test_no_code_hides_as_a_picture_or_behind_a_remark() -> None:
    kinds = Counter("text" if one.block.language == "text" else "not run" for one in everything() if hidden(one))
    assert (kinds["text"], kinds["not run"]) == (PICTURES, NOT_RUN)


def hidden(one: Shown) -> bool:
    return one.not_run != "" or one.block.language == "text"


def test_each_language_is_shown_somewhere() -> None:
    assert [language for language in RUN if not shown(language)] == []

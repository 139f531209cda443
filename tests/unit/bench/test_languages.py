"""The commands that a language is measured beside are whole: nothing of its file's placeholders is left in them."""

from __future__ import annotations

import pytest

from bench.languages import plain
from node.domain.language import Language
from node.domain.sources import usual_name
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR


@pytest.mark.parametrize("language", load_languages(LANGUAGES_DIR), ids=lambda one: one.id)
def test_a_plain_command_has_no_placeholder_left(language: Language) -> None:
    words = [word for command in plain(language, usual_name(language, language.sample)) for word in command]
    assert words
    assert [word for word in words if word.startswith("{") and word.endswith("}")] == []

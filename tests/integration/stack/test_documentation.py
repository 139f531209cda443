"""Pages that must say what the program does."""

from __future__ import annotations

from dev.settings_page import PAGE, page


def test_the_configuration_page_lists_every_setting_as_it_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m dev.settings_page`"

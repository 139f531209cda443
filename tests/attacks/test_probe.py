"""The probe itself, before anything attacks."""

import pytest

from tests.attacks.arena import Arena, assert_clean


@pytest.mark.parametrize("language", ["python", "javascript", "java", "cpp", "go"])
def test_a_fresh_slot_is_clean(arena: Arena, language: str) -> None:
    assert_clean(arena, language)
    assert_clean(arena, language)

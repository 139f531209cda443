"""The languages of these tests: shipped ones, changed as asked, and one for the agent's stand-in."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from node.domain.language import Language
from node.infrastructure.languages import load_language, load_languages
from tests.fakes import agent_standin

AT_LEISURE = {"cpu_ms": 120_000, "wall_ms": 180_000}
"""Limits of programs that are to end by themselves, or by another limit, on a machine of any speed."""
LANGUAGES = Path(__file__).resolve().parents[3] / "sandbox" / "languages"
DEFAULT = [one.name for one in load_languages(LANGUAGES) if one.default]
"""Names of those whose images every machine of these tests has."""
STANDIN = {"__main__.py": Path(agent_standin.__file__).read_bytes()}


def language(shipped: str, /, **changes: Any) -> Language:
    """One of the languages that are shipped."""
    return dataclasses.replace(load_language(LANGUAGES / f"{shipped}.toml"), **changes)


def standin_language(name: str = "standin") -> Language:
    """For a pool whose agent is the stand-in, which answers every well-behaved run with its name."""
    return language("bash", name=name, version_command=("ok",), version_pattern="(stand-in)")


BASH = language("bash")

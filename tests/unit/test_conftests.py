"""A conftest holds fixtures and hooks only; what a test calls by name lives in a module that says what it is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMPORT = re.compile(
    r"^\s*(from \S*\bconftest import|import \S*\bconftest\b|from \S+ import \(?conftest\b)", re.MULTILINE
)


def test_nothing_is_imported_from_a_conftest() -> None:
    sources = [path for folder in ("tests", "bench", "dev") for path in (ROOT / folder).rglob("*.py")]
    importers = [str(path.relative_to(ROOT)) for path in sources if IMPORT.search(path.read_text())]
    assert importers == []

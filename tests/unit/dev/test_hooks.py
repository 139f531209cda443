"""The hooks of pre-commit."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[3] / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_every_hook_runs_a_program_of_the_virtual_environment_and_nothing_is_fetched() -> None:
    hooks = re.findall(r"^ +- id:", TEXT, re.MULTILINE)
    assert re.findall(r"repo: (\S+)", TEXT) == ["local"]
    assert re.findall(r"language: (\S+)", TEXT) == ["system"] * len(hooks)
    assert all(entry.startswith(".venv/bin/") for entry in re.findall(r"entry: (\S+)", TEXT))

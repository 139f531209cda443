"""Which Helm renders the chart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dev import helm
from dev.console import SetupError


def test_the_machines_own_helm_goes_before_the_built_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own, built = tmp_path / "own", tmp_path / "helm"
    built.touch()
    monkeypatch.setattr(helm, "_BUILT", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert helm.helm_program() == built
    own.touch()
    monkeypatch.setattr(shutil, "which", lambda _: str(own))
    assert helm.helm_program() == own


def test_without_helm_and_go_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(helm, "_BUILT", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FileNotFoundError, match="make helm"):
        helm.helm_program()
    with pytest.raises(SetupError, match="or Go to build it"):
        helm.ensure_helm()

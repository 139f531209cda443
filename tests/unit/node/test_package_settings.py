"""The settings of packages: what is wrong is told at the start, and the node's secret is its own."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chassis.settings import ConfigurationError
from node.infrastructure.docker.pool.pool import DockerSandboxPool
from node.infrastructure.identity import kept_secret
from node.infrastructure.metrics import Metrics
from node.infrastructure.settings import NodeSettings
from node.infrastructure.wiring import packages_of, sandboxes
from tests.fakes.node import RecordingAnnouncer

PYPI = "https://index.example/simple/ https://files.example/"


def pool_of(tmp_path: Path, *flags: str) -> DockerSandboxPool:
    pool = sandboxes(NodeSettings.load([f"--state-dir={tmp_path}", "--languages=python", *flags]), "n1")
    assert isinstance(pool, DockerSandboxPool)
    return pool


def test_without_an_index_there_are_no_packages_and_no_volume(tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    assert pool.layers is None
    assert pool._settings.layers_volume == ""
    settings = NodeSettings.load([f"--state-dir={tmp_path}"])
    assert packages_of(settings, pool, RecordingAnnouncer(), Metrics()) is None
    assert list(tmp_path.iterdir()) == []


def test_with_an_index_each_node_has_a_volume_of_its_own(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, f"--package-indexes=pypi={PYPI}")
    assert pool.layers is not None
    assert pool._settings.layers_volume == "coderunner-layers-n1"
    settings = NodeSettings.load([f"--state-dir={tmp_path}"])
    assert packages_of(settings, pool, RecordingAnnouncer(), Metrics()) is not None


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--package-indexes=cargo=https://index.example/"], "'cargo'"),
        (["--package-indexes=pypi="], "needs an address"),
        (["--package-indexes=pypi=ftp://index.example/"], "no address"),
        (["--package-indexes=pypi=https://user:word@index.example/"], "no address"),
        ([f"--package-indexes=pypi={PYPI}", "--package-index-ca=/nowhere.pem"], "package_index_ca"),
    ],
)
def test_what_is_no_index_is_told(tmp_path: Path, flags: list[str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        pool_of(tmp_path, *flags)


def test_a_secret_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    made = kept_secret(tmp_path / "state", "layers.key")
    assert (len(made), kept_secret(tmp_path / "state", "layers.key")) == (32, made)
    file = tmp_path / "state" / "layers.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(b"half")
    again = kept_secret(tmp_path / "state", "layers.key")
    assert len(again) == 32
    assert again != made

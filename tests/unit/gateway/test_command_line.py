"""The command ``coderunner-gateway``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from broker_gateway import command_line

REPOSITORY = Path(__file__).resolve().parents[3]


def test_nats_conf_prints_the_configuration_of_the_bus(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["coderunner-gateway", "nats-conf"])
    assert command_line.main() == 0
    assert capsys.readouterr().out == (REPOSITORY / "nats.conf").read_text(encoding="utf-8")


def test_an_installed_copy_goes_before_that_of_a_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command_line, "_PACKAGE", tmp_path / "broker_gateway")
    assert command_line.nats_conf() == tmp_path / "nats.conf"
    (tmp_path / "broker_gateway").mkdir()
    (tmp_path / "broker_gateway" / "nats.conf").touch()
    assert command_line.nats_conf() == tmp_path / "broker_gateway" / "nats.conf"


def test_anything_else_runs_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    monkeypatch.setattr("broker_gateway.main.main", lambda: ran.append(sys.argv[1:]))
    monkeypatch.setattr(sys, "argv", ["coderunner-gateway", "--config", "gateway.toml"])
    assert command_line.main() == 0
    assert ran == [["--config", "gateway.toml"]]

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


def test_nats_conf_has_a_user_for_each_node_that_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["coderunner-gateway", "nats-conf", "--node", "n1", "--node", "gpu-1=gpu,big"])
    assert command_line.main() == 0
    text, said = capsys.readouterr()
    assert "CODERUNNER_NATS_NODE_N1_PASSWORD, CODERUNNER_NATS_NODE_GPU_1_PASSWORD" in said
    assert 'user: "gpu-1"\n        password: $CODERUNNER_NATS_NODE_GPU_1_PASSWORD' in text
    assert '"$JS.API.CONSUMER.MSG.NEXT.CODERUNNER_TASKS.big-low"' in text
    assert '"$JS.API.CONSUMER.MSG.NEXT.CODERUNNER_TASKS.default-high"' in text
    assert 'user: "node"' not in text
    assert "user: gateway" in text


@pytest.mark.parametrize(
    "nodes",
    [["gateway"], ["operator=default"], ["a.b"], ["a=x,"], ["a=>"], ['a"=x'], ["a", "a=gpu"], ["a-b", "a_b"], [""]],
)
def test_a_node_that_cannot_be_named_so_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nodes: list[str]
) -> None:
    arguments = [word for node in nodes for word in ("--node", node)]
    monkeypatch.setattr(sys, "argv", ["coderunner-gateway", "nats-conf", *arguments])
    assert command_line.main() == 2
    assert capsys.readouterr().out == ""


def test_etcd_users_says_which_password_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODERUNNER_ETCD_ROOT_PASSWORD", "p")
    monkeypatch.setenv("CODERUNNER_ETCD_GATEWAY_PASSWORD", "p")
    monkeypatch.setattr(sys, "argv", ["coderunner-gateway", "etcd-users", "--node", "gpu-1"])
    assert command_line.main() == 2
    assert "CODERUNNER_ETCD_GPU_1_PASSWORD is not set" in capsys.readouterr().err

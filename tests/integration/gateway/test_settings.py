"""The configuration's three sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ConfigurationError


@pytest.fixture(autouse=True)
def no_variables_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODERUNNER_GATEWAY_CONFIG", raising=False)


def test_without_any_source_the_defaults_hold() -> None:
    settings = GatewaySettings.load([])
    assert settings.grpc_address == "127.0.0.1:50051"
    assert settings.roles == ["api", "relay", "history"]
    assert settings.tokens == {}


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text("queue_limit = 1\nsource_bytes = 1\nsource_files = 1\n")
    monkeypatch.setenv("CODERUNNER_GATEWAY_CONFIG", str(path))
    monkeypatch.setenv("CODERUNNER_GATEWAY_QUEUE_LIMIT", "2")
    monkeypatch.setenv("CODERUNNER_GATEWAY_SOURCE_BYTES", "2")
    settings = GatewaySettings.load(["--queue-limit", "3"])
    assert (settings.queue_limit, settings.source_bytes, settings.source_files) == (3, 2, 1)


def test_lists_are_written_with_commas_outside_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_GATEWAY_ETCD_ENDPOINTS", "a:1, b:2")
    settings = GatewaySettings.load(["--nats-urls", "nats://a,nats://b"])
    assert settings.nats_urls == ["nats://a", "nats://b"]
    assert settings.etcd_endpoints == ["a:1", "b:2"]


def test_tables_and_secrets_come_from_the_file_and_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text('nats_password = "hush"\n[tokens]\nblog = "t0ken"\n[default_limits]\ncpu_ms = 1000\n')
    settings = GatewaySettings.load(["--config", str(path)])
    assert settings.tokens["blog"].get_secret_value() == "t0ken"
    assert settings.default_limits == {"cpu_ms": 1000}
    assert "t0ken" not in repr(settings)
    assert "hush" not in repr(settings)


def test_a_wrong_secret_is_not_repeated_in_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_GATEWAY_TOKENS", '["hush"]')
    with pytest.raises(ConfigurationError) as refusal:
        GatewaySettings.load([])
    assert "hush" not in str(refusal.value)


def test_secrets_and_headers_of_callbacks_are_written_as_lists_and_tables_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text('[callback_secrets]\nblog = ["hush1", "hush2"]\n[callback_headers.blog]\nX-A = "hush3"\n')
    monkeypatch.setenv("CODERUNNER_GATEWAY_CALLBACK_SECRET", "hush4, hush5")
    settings = GatewaySettings.load(["--config", str(path)])
    assert [one.get_secret_value() for one in settings.callback_secrets["blog"]] == ["hush1", "hush2"]
    assert [one.get_secret_value() for one in settings.callback_secret] == ["hush4", "hush5"]
    assert settings.callback_headers["blog"]["X-A"].get_secret_value() == "hush3"
    assert "hush" not in repr(settings)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        GatewaySettings.load(["--config", str(tmp_path / "none.toml")])


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in GatewaySettings.model_fields.values())


def test_secrets_have_no_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        GatewaySettings.load(["--help"])
    flags = set(re.findall(r"^ +--([a-z][\w-]*)", capsys.readouterr().out, re.MULTILINE))
    assert {"queue-limit", "nats-user"} <= flags
    secret = ("password", "secret", "secrets", "tokens", "headers", "header-sets")
    assert [flag for flag in flags if flag.endswith(secret)] == []

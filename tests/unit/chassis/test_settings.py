"""What both services' configurations have in common."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ConfigurationError, ServiceSettings
from node.infrastructure.settings import NodeSettings

SERVICES = pytest.mark.parametrize("service", [GatewaySettings, NodeSettings])


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CODERUNNER_"):
            monkeypatch.delenv(name)


@SERVICES
def test_a_misspelt_variable_is_an_error_that_names_the_right_one(
    service: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{service.prefix()}NATS_URL", "nats://a")
    meant = f"unknown setting {service.prefix()}NATS_URL in the environment; did you mean {service.prefix()}NATS_URLS?"
    with pytest.raises(ConfigurationError) as refusal:
        service.load([])
    assert str(refusal.value) == meant


@SERVICES
@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--log-levle", "unknown flag --log-levle on the command line; did you mean --log-level?"),
        ("--log-levle=debug", "unknown flag --log-levle on the command line; did you mean --log-level?"),
        ("--xyzzy", "unknown flag --xyzzy on the command line"),
        ("--nats-password", "unknown flag --nats-password on the command line"),
        ("stray", "command line: stray belongs to no flag"),
    ],
)
def test_a_misspelt_flag_is_an_error_that_names_the_right_one_and_never_a_secret(
    service: type[ServiceSettings], argument: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        service.load([argument])
    assert str(refusal.value).startswith(sentence)


@SERVICES
def test_a_misspelt_name_in_the_file_is_an_error_that_names_the_right_one(
    service: type[ServiceSettings], tmp_path: Path
) -> None:
    path = tmp_path / "service.toml"
    path.write_text('log_fromat = "json"\n')
    with pytest.raises(ConfigurationError, match=r"unknown setting log_fromat in .*; did you mean log_format\?"):
        service.load(["--config", str(path)])


@SERVICES
def test_what_resembles_nothing_is_an_error_without_a_guess(
    service: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{service.prefix()}XYZZY", "1")
    with pytest.raises(ConfigurationError) as refusal:
        service.load([])
    assert str(refusal.value).endswith("XYZZY in the environment")


@SERVICES
def test_an_empty_variable_is_one_that_is_not_set(
    service: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{service.prefix()}LOG_LEVEL", "")
    monkeypatch.setenv(f"{service.prefix()}NO_SUCH_SETTING", "")
    assert service.load([]).model_dump()["log_level"] == "info"


@SERVICES
@pytest.mark.parametrize("source", ["flag", "variable", "file"])
def test_old_names_are_taken_as_ever(
    service: type[ServiceSettings], source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: list[str] = []
    if source == "flag":
        arguments = ["--reconnect-most-s", "7.5"]
    elif source == "variable":
        monkeypatch.setenv(f"{service.prefix()}RECONNECT_MOST_S", "7.5")
    else:
        (tmp_path / "service.toml").write_text("reconnect_most_s = 7.5\n")
        arguments = ["--config", str(tmp_path / "service.toml")]
    assert service.load(arguments).model_dump()["reconnect_max_s"] == 7.5


@pytest.mark.parametrize(("old", "new"), GatewaySettings.RENAMED.items())
def test_every_old_name_of_the_gateway_is_a_flag_that_help_does_not_show(
    old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = "--" + old.replace("_", "-")
    assert GatewaySettings.load([flag, "9"]).model_dump()[new] == 9
    with pytest.raises(SystemExit):
        GatewaySettings.load(["--help"])
    assert flag not in capsys.readouterr().out


@SERVICES
def test_a_setting_under_both_names_in_one_place_is_an_error(service: type[ServiceSettings], tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text("reconnect_most_s = 7.5\nreconnect_max_s = 8\n")
    with pytest.raises(ConfigurationError, match="reconnect_max_s twice: reconnect_most_s is its old name"):
        service.load(["--config", str(tmp_path / "service.toml")])


@SERVICES
def test_a_setting_under_both_names_in_the_environment_is_an_error(
    service: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{service.prefix()}RECONNECT_MOST_S", "7.5")
    monkeypatch.setenv(f"{service.prefix()}RECONNECT_MAX_S", "8")
    with pytest.raises(ConfigurationError, match="the environment has reconnect_max_s twice"):
        service.load([])


@SERVICES
def test_the_environment_wins_over_an_old_name_in_the_file(
    service: type[ServiceSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "service.toml").write_text("reconnect_most_s = 7.5\n")
    monkeypatch.setenv(f"{service.prefix()}RECONNECT_MOST_S", "8")
    settings = service.load(["--config", str(tmp_path / "service.toml")])
    assert settings.model_dump()["reconnect_max_s"] == 8


@SERVICES
def test_a_wrong_value_is_told_with_where_it_came_from(
    service: type[ServiceSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=r"log_level is wrong \(flag --log-level\)"):
        service.load(["--log-level", "loud"])
    path = tmp_path / "service.toml"
    path.write_text('log_level = "loud"\n')
    with pytest.raises(ConfigurationError, match=rf"log_level is wrong \({path}\)"):
        service.load(["--config", str(path)])
    monkeypatch.setenv(f"{service.prefix()}LOG_LEVEL", "loud")
    with pytest.raises(ConfigurationError, match=r"log_level is wrong \(environment\)"):
        service.load([])


@SERVICES
def test_every_setting_says_what_it_is_and_secrets_have_no_flag(
    service: type[ServiceSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert all(field.description for field in service.model_fields.values())
    with pytest.raises(SystemExit):
        service.load(["--help"])
    shown = capsys.readouterr().out
    assert "--nats-password" not in shown
    assert "--etcd-password" not in shown
    assert "--nats-urls" in shown


def test_a_table_in_the_environment_that_is_no_json_is_an_error_that_does_not_repeat_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was a traceback of the library's, with exit code 1."""
    monkeypatch.setenv("CODERUNNER_GATEWAY_TOKENS", '{"blog": "hush')
    with pytest.raises(ConfigurationError, match="tokens") as refusal:
        GatewaySettings.load([])
    assert "hush" not in str(refusal.value)


@SERVICES
def test_every_default_can_be_written_into_the_environment(
    service: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`stream_replicas` could not: a choice of numbers takes no text."""
    plain = {name: field.default for name, field in service.model_fields.items() if field.default not in ("", [], {})}
    written = {name: value for name, value in plain.items() if isinstance(value, (str, int, float, list))}
    for name, value in written.items():
        text = ",".join(value) if isinstance(value, list) else str(value).lower()
        monkeypatch.setenv(f"{service.prefix()}{name.upper()}", text)
    read = service.load([])
    assert {name: getattr(read, name) for name in written} == written

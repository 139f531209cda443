"""Where the client finds its gateway, and what it shows to it: from its caller, the environment, a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from coderunner import CodeRunnerError
from coderunner.access import config_file, find_access

FILE = 'gateway = "https://blog.example:50051"\ntoken = "of-the-file"\ntls_ca = "authority.pem"\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that tells of one gateway; its authority beside it."""
    path = tmp_path / "client.toml"
    path.write_text(FILE)
    (tmp_path / "authority.pem").write_bytes(b"the authority")
    monkeypatch.setenv("CODERUNNER_CONFIG", str(path))
    for name in ("GATEWAY", "TOKEN", "TLS_CA", "TLS_CERTIFICATE", "TLS_KEY"):
        monkeypatch.delenv(f"CODERUNNER_{name}", raising=False)
    return path


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize(
    "target", [None, "blog.example:50051", "https://blog.example:50051", "https://blog.example:50051/"]
)
def test_the_file_s_gateway_is_spoken_to_as_the_file_says(target: str | None) -> None:
    access = find_access(target, None)
    assert (access.target, access.secure, access.token) == ("blog.example:50051", True, "of-the-file")
    assert access.ca is not None
    assert access.ca.read() == b"the authority"
    assert access.certificate is access.key is None


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("target", ["https://other.example:50051", "blog.example:50052", "127.0.0.1:50051"])
def test_another_gateway_is_shown_nothing_of_the_file(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    access = find_access(target, None)
    assert (access.token, access.ca) == ("", None)
    monkeypatch.setenv("CODERUNNER_GATEWAY", target)
    assert find_access(None, None) == access


@pytest.mark.usefixtures("file")
def test_a_token_never_goes_unencrypted_to_a_gateway_that_speaks_tls() -> None:
    access = find_access("http://blog.example:50051", None)
    assert (access.secure, access.token) == (False, "")


@pytest.mark.usefixtures("file")
def test_the_caller_goes_before_the_environment_and_that_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_TOKEN", "of-the-environment")
    monkeypatch.setenv("CODERUNNER_TLS_CA", "/elsewhere/authority.pem")
    access = find_access(None, None)
    assert access.token == "of-the-environment"
    assert access.ca is not None
    assert access.ca.path == Path("/elsewhere/authority.pem")
    assert find_access(None, "of-the-caller").token == "of-the-caller"
    assert find_access(None, "").token == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gateway", "client.toml: "),
        ("gateway = 5", "'gateway' is none of the texts gateway, token"),
        ("gateway = 'g:1'\nserver = 'x'", "'server' is none of"),
        ("token = '\xff'", "client.toml: "),
        ("#" * (1 << 20) + "\ngateway = 5", None),
    ],
)
def test_a_file_that_says_something_else_is_refused_by_name(file: Path, text: str, words: str | None) -> None:
    file.write_text(text, encoding="latin-1")
    if words is None:  # more than is read of it
        assert find_access(None, None).target == "127.0.0.1:50051"
        return
    with pytest.raises(CodeRunnerError, match=words) as raised:
        find_access(None, None)
    assert str(file) in str(raised.value)


def test_a_file_that_is_named_and_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_CONFIG", "/nowhere/client.toml")
    with pytest.raises(CodeRunnerError, match=r"/nowhere/client\.toml: No such file"):
        find_access(None, None)


def test_the_user_s_own_file_goes_before_the_installation_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, installed = tmp_path / "own", tmp_path / "installed"
    monkeypatch.delenv("CODERUNNER_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own))
    monkeypatch.setattr(sys, "prefix", str(installed))
    assert config_file() is None
    for place in (installed / "etc", own):
        (place / "coderunner").mkdir(parents=True)
        (place / "coderunner" / "client.toml").touch()
        assert config_file() == place / "coderunner" / "client.toml"


def test_nobody_s_file_is_read_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_CONFIG", "")
    assert config_file() is None
    assert find_access("https://blog.example:1", None).ca is None

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from chassis.settings import ConfigurationError
from node.infrastructure.artefacts import MemoryArtefactStore
from node.infrastructure.identity import node_id
from node.infrastructure.settings import NodeSettings
from node.main import main


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CODERUNNER_"):
            monkeypatch.delenv(name)


def test_the_defaults_are_the_documented_ones() -> None:
    settings = NodeSettings.load([])
    assert (settings.http_address, settings.nats_urls) == ("127.0.0.1:8082", ["nats://127.0.0.1:4222"])
    assert (settings.heartbeat_s, settings.lease_s, settings.max_attempts) == (5.0, 15, 3)
    assert settings.languages_dir.name == "languages"


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "node.toml"
    file.write_text('node_id = "file"\nconcurrency = 3\npools = ["a", "b"]\n[labels]\nrack = "1"\n')
    monkeypatch.setenv("CODERUNNER_NODE_NODE_ID", "env")
    monkeypatch.setenv("CODERUNNER_NODE_CONCURRENCY", "4")
    settings = NodeSettings.load(["--config", str(file), "--concurrency", "5"])
    assert (settings.node_id, settings.concurrency, settings.pools) == ("env", 5, ["a", "b"])
    assert settings.labels == {"rack": "1"}


def test_lists_and_tables_are_comma_separated_in_the_environment_and_in_flags(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CODERUNNER_NODE_POOLS", "gpu, default")
    settings = NodeSettings.load(["--labels", "rack=3,zone=b", "--nats-urls", "nats://a:1,nats://b:1"])
    assert settings.pools == ["gpu", "default"]
    assert settings.labels == {"rack": "3", "zone": "b"}
    assert settings.nats_urls == ["nats://a:1", "nats://b:1"]


def test_the_file_may_be_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "node.toml"
    file.write_text('log_format = "console"\n')
    monkeypatch.setenv("CODERUNNER_NODE_CONFIG", str(file))
    assert NodeSettings.load([]).log_format == "console"


@pytest.mark.parametrize(
    ("arguments", "environment", "toml", "words"),
    [
        (["--nope", "1"], {}, "", "--nope"),
        ([], {"CODERUNNER_NODE_NOPE": "1"}, "", "unknown setting CODERUNNER_NODE_NOPE in the environment"),
        ([], {}, "nope = 1\n", "node.toml"),
        (["--concurrency", "0"], {}, "", "concurrency is wrong (flag --concurrency)"),
        ([], {"CODERUNNER_NODE_POOLS": "a.b"}, "", "pools.0 is wrong (environment)"),
        ([], {}, 'sandbox = "chroot"\n', "sandbox"),
        ([], {}, "concurrency = \n", "is not TOML"),
        (["--config", "nowhere.toml"], {}, None, "nowhere.toml cannot be read"),
    ],
)
def test_what_nobody_knows_is_an_error_in_one_sentence(
    arguments: list[str],
    environment: dict[str, str],
    toml: str | None,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if toml is not None:
        (tmp_path / "node.toml").write_text(toml)
        arguments = ["--config", str(tmp_path / "node.toml"), *arguments]
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        NodeSettings.load(arguments)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_password_is_never_shown_and_has_no_flag() -> None:
    with pytest.raises(ConfigurationError):
        NodeSettings.load(["--nats-password", "secret"])
    assert "secret" not in repr(NodeSettings(nats_password="secret"))  # type: ignore[arg-type, call-arg] # coerced; the others have defaults


def test_a_node_keeps_the_id_that_it_made(tmp_path: Path) -> None:
    made = node_id("", tmp_path / "state")
    assert re.fullmatch(r"[A-Za-z0-9_-]+-[0-9a-f]{6}", made)
    assert node_id("", tmp_path / "state") == made
    assert node_id("given", tmp_path / "state") == "given"


def test_the_artefact_store_throws_out_what_was_not_used_for_longest() -> None:
    store = MemoryArtefactStore(max_bytes=10)
    store.put("a", {"": b"1234"})
    store.put("b", {"": b"1234"})
    assert store.get("a") == {"": b"1234"}
    store.put("c", {"": b"1234"})
    assert (store.get("b"), store.get("a"), store.held_bytes) == (None, {"": b"1234"}, 8)
    store.put("huge", {"": b"12345678901"})
    assert store.get("huge") is None
    store.put("a", {"": b"1"})
    assert store.held_bytes == 5

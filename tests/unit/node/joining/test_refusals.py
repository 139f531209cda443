"""How a join ends that is refused, or typed wrongly."""

from __future__ import annotations

import os
from pathlib import Path

import grpc
import nkeys
import pytest
from google.rpc import code_pb2

from node.joining.seed import new_seed, public_key
from tests.fakes.node_service import LETS_NONE_JOIN, TOKEN, refusal
from tests.unit.node.joining.typed import Machine


@pytest.mark.parametrize(
    ("source", "typed"),
    [("file", ["--token-file", "{file}"]), ("variable", []), ("the client's file", [])],
)
def test_the_token_may_come_from(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, typed: list[str]
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    if source == "variable":
        monkeypatch.setenv("CODERUNNER_TOKEN", TOKEN)
    if source == "the client's file":
        file.write_text(f'gateway = "{machine.gateway.url.removeprefix("http://")}"\ntoken = "{TOKEN}"\n')
        monkeypatch.setenv("CODERUNNER_CONFIG", str(file))
    target = machine.gateway.url.removeprefix("http://")
    assert machine.join("--gateway", target, *(one.format(file=file) for one in typed), token="") == 0


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_token_that_is_not_taken_is_said(machine: Machine, token: str) -> None:
    at = machine.gateway.url.removeprefix("http://")
    assert machine.refused(token=token) == (2, f"the gateway at {at} does not let this token join: no such token")
    assert not machine.settings.exists()


def test_a_token_that_may_not_join_is_said(machine: Machine) -> None:
    machine.gateway.refusal = refusal(code_pb2.PERMISSION_DENIED, "this needs the role join")
    code, said = machine.refused()
    assert (code, said.endswith("does not let this token join: this needs the role join")) == (2, True)


def test_an_id_that_another_machine_has_is_said(machine: Machine) -> None:
    machine.gateway.ids["lab-1"] = public_key(new_seed())
    at = machine.gateway.url.removeprefix("http://")
    assert machine.refused("--node-id", "lab-1") == (
        2,
        f"the gateway at {at} has another node lab-1: another key has this id; choose another --node-id, or have an "
        "operator forget that one (`coderunner node forget lab-1`)",
    )
    assert machine.join("--node-id", "lab-2") == 0


def test_a_gateway_that_lets_no_nodes_join_is_said(machine: Machine) -> None:
    machine.gateway.refusal = LETS_NONE_JOIN
    at = machine.gateway.url.removeprefix("http://")
    assert machine.refused() == (1, f"the gateway at {at} lets no nodes join: nats_account_nkey is not set")


def test_a_gateway_that_knows_no_joins_is_said(machine: Machine) -> None:
    machine.gateway.refusal = refusal(code_pb2.UNIMPLEMENTED, "Method not found!")
    code, said = machine.refused()
    assert code == 1
    assert "knows nothing of nodes that join: it must be newer, and told to let them" in said


def test_the_fields_that_the_gateway_refuses_are_said(machine: Machine) -> None:
    machine.gateway.refusal = refusal(code_pb2.INVALID_ARGUMENT, "2 violations", pools="gpu\x1b[2J is not one")
    at = machine.gateway.url.removeprefix("http://")
    assert machine.refused() == (2, f"the gateway at {at} refuses: pools: gpu\\x1b[2J is not one")


def test_a_gateway_that_fails_is_said_in_words_that_move_no_cursor(machine: Machine) -> None:
    machine.gateway.refusal = refusal(code_pb2.INTERNAL, "\x1b]0;owned\x07\nline\r" + "x" * 4000)
    code, said = machine.refused()
    assert code == 1
    assert "failed (INTERNAL): \\x1b]0;owned\\x07 line xxx" in said
    assert len(said) < 400


def test_no_gateway_is_said(machine: Machine) -> None:
    code, said = machine.refused("--gateway", "http://127.0.0.1:1")
    assert (code, said.startswith("the gateway at 127.0.0.1:1 does not answer: ")) == (1, True)


def test_a_gateway_that_says_nothing_is_not_waited_for_for_ever(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.joining.request._CALL_S", 0.2)
    machine.gateway.silent = True
    code, said = machine.refused()
    assert (code, "does not answer: Deadline Exceeded" in said) == (1, True)


def test_without_tls_it_is_said_that_nothing_is_encrypted(machine: Machine) -> None:
    assert machine.join() == 0
    assert "nothing is encrypted: https:// would see to both\n" in machine.captured.readouterr().out


WRONG = {
    "no gateway": (["--gateway", ""], "names no gateway"),
    "a flag that is not": (["--sudo"], "unrecognized arguments: --sudo; --help tells more"),
    "two tokens": (["--token-file", "x"], "not allowed with argument --token"),
    "a path for an id": (["--node-id", "../../etc/passwd"], "--node-id is letters"),
    "an id of too many letters": (["--node-id", "x" * 65], "--node-id is letters"),
    "no id": (["--node-id", ""], "--node-id is letters"),
    "a subject for a pool": (["--pools", "a,>"], "--pools is names"),
    "no pool": (["--pools", ""], "--pools is names"),
    "a pool that nobody may serve": (["--pools", "_a"], "--pools is names"),
    "an authority of nothing": (["--ca", "/dev/null"], "--ca is of no use unless the gateway is https://"),
    "a folder of two lines": (["--directory", "/tmp/a\nb"], "--directory has characters"),
}


@pytest.mark.parametrize(("typed", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_on_the_command_line_is_said(machine: Machine, typed: list[str], words: str) -> None:
    code, said = machine.refused(*typed)
    assert (code, machine.gateway.requests) == (2, [])
    assert words in said


@pytest.mark.parametrize("token", ["two\nlines", "two words", "gr\u00fcn", "x" * 9000])
def test_a_token_that_could_be_none_is_not_sent(machine: Machine, token: str) -> None:
    assert machine.refused(token=token) == (2, "the token is none: it is one line of letters, digits and signs")
    assert not machine.gateway.called.is_set()


def test_files_that_cannot_be_read_are_named(machine: Machine, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert machine.refused("--token-file", gone, token="") == (2, f"--token-file: {gone}: No such file or directory")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert "holds no token" in machine.refused("--token-file", str(tmp_path / "bytes"), token="")[1]
    assert machine.refused("--gateway", "https://localhost:1", "--ca", gone) == (
        2,
        f"--ca: {gone}: No such file or directory",
    )
    assert not machine.gateway.called.is_set()


SETTINGS_OF_NO_USE = {
    "no TOML": (b"node_id = \n", "is not TOML"),
    "no text": (b"\xff", "is not TOML: it is not UTF-8"),
    "far too much": (b"#" * (256 << 10), "is larger than settings are"),
}


@pytest.mark.parametrize(("content", "words"), SETTINGS_OF_NO_USE.values(), ids=SETTINGS_OF_NO_USE)
def test_settings_that_cannot_be_read_are_named(machine: Machine, content: bytes, words: str) -> None:
    assert machine.join() == 0
    machine.settings.write_bytes(machine.settings.read_bytes() + content)
    code, said = machine.refused()
    assert (code, said.startswith(f"{machine.settings} {words}")) == (2, True)


def test_a_name_in_the_settings_that_can_be_none_is_said(machine: Machine) -> None:
    assert machine.join("--node-id", "lab-1") == 0
    machine.settings.write_text(machine.settings.read_text().replace('"lab-1"', '"lab.>"'))
    assert machine.refused() == (
        2,
        f"{machine.settings} has a node_id or pools that can be none: name them, or take them out",
    )


def test_a_directory_where_a_file_should_be_is_named(machine: Machine) -> None:
    machine.settings.mkdir(parents=True)
    assert machine.refused() == (2, f"{machine.settings}: Is a directory")


@pytest.mark.parametrize("content", [b"", b"not a seed", b"SU" + b"A" * 56, b"\xff" * 100, b"A" * 9000])
def test_a_key_file_that_holds_none_is_said_and_stays(machine: Machine, content: bytes) -> None:
    machine.directory.mkdir()
    (machine.directory / "node.nk").write_bytes(content)
    assert machine.refused() == (2, f"{machine.directory / 'node.nk'} holds no seed of a user's key")
    assert machine.seed == content


def test_a_seed_of_another_kind_is_not_taken(machine: Machine) -> None:
    machine.directory.mkdir()
    (machine.directory / "node.nk").write_bytes(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_ACCOUNT))
    assert machine.refused()[0] == 2


def test_a_place_that_cannot_be_written_is_named(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    machine.directory = tmp_path / "file" / "etc"
    code, said = machine.refused()
    assert (code, said) == (2, f"{machine.settings}: Not a directory")


def test_a_half_written_file_of_before_is_in_nobodys_way(machine: Machine, tmp_path: Path) -> None:
    machine.directory.mkdir()
    elsewhere = tmp_path / "elsewhere"
    (machine.directory / ".node.toml.new").symlink_to(elsewhere)
    assert machine.join() == 0
    assert not elsewhere.exists()
    assert not machine.settings.is_symlink()


def test_the_help_says_what_it_does(machine: Machine) -> None:
    with pytest.raises(SystemExit) as ended:
        machine.join("--help")
    said = machine.captured.readouterr().out
    assert ended.value.code == 0
    assert said.startswith("usage: coderunner-node join")
    assert "only calls out" in said


def test_a_message_that_is_too_large_is_not_read(machine: Machine) -> None:
    machine.gateway.answer.nats_tls_authorities = "x" * (1 << 20)
    code, said = machine.refused()
    assert (code, f"failed ({grpc.StatusCode.RESOURCE_EXHAUSTED.name})" in said) == (1, True)
    assert not machine.settings.exists()

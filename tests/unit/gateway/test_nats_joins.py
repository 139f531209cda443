"""``coderunner-gateway nats-conf --joins``: the file with which the bus asks the gateways about strangers."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

import pytest

from broker_gateway import command_line
from broker_gateway.infrastructure.bus.nats_jwt import AccountKey
from broker_gateway.nats_conf import nodes_of
from broker_gateway.nats_joins import account_file
from tests.fakes.nats_keys import Key


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    monkeypatch.setattr(sys, "argv", ["x", "nats-conf", *arguments])
    code = command_line.main()
    said = capsys.readouterr()
    return code, said.out, said.err


def known(text: str) -> set[str]:
    """Those that are let in without a question."""
    listed = re.search(r"auth_users: \[(.*?)\]", text, re.DOTALL)
    assert listed is not None
    return set(re.findall(r'"(.*?)"', listed[1]))


def test_the_file_names_the_account_and_all_whom_it_knows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: Path
) -> None:
    code, text, said = printed(monkeypatch, capsys, "--node", "gpu-1=gpu", "--joins", str(keys))
    assert code == 0
    assert f"issuer: {AccountKey.read(str(account_file(keys))).public_key}\n" in text
    (nobody,) = re.findall(r"nkey: (\w+), permissions: { publish: { deny: \">\" }, subscribe: { deny: \">\" } }", text)
    assert known(text) == {"gateway", "gpu-1", "operator", "system", nobody}
    assert f"{account_file(keys)} is for gateways alone" in said
    assert account_file(keys).read_text(encoding="ascii") not in text + said


def test_the_same_file_is_printed_again_and_the_seeds_are_their_owners_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: Path
) -> None:
    first = printed(monkeypatch, capsys, "--joins", str(keys))
    assert printed(monkeypatch, capsys, "--joins", str(keys)) == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}


def test_with_keys_in_place_of_passwords_nobody_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: Path
) -> None:
    _, text, _ = printed(monkeypatch, capsys, "--nkeys", str(keys), "--joins", str(keys))
    assert known(text) == {*re.findall(r"nkey: (U[A-Z2-7]{55})  # (?:gateway|node)\n", text), "operator", "system"}
    assert len(known(text)) == 4


def test_the_seed_of_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: Path
) -> None:
    keys.mkdir()
    for seed in (Key("U").seed, b"garbage"):
        account_file(keys).write_bytes(seed)
        code, text, said = printed(monkeypatch, capsys, "--joins", str(keys))
        assert (code, text) == (2, "")
        assert f"{account_file(keys)} holds" in said


@pytest.mark.parametrize("name", ["joined-n1", "nobody", "account"])
def test_a_node_of_the_file_is_not_called_as_one_that_joined_is(name: str) -> None:
    with pytest.raises(ValueError, match="with a name of its own"):
        nodes_of([f"{name}=default"])

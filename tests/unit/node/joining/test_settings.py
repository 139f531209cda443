"""What a join writes, and what it leaves as it is."""

from __future__ import annotations

import os
import stat

import pytest
from google.rpc import code_pb2

from node.infrastructure.settings import NodeSettings
from node.joining.seed import public_key
from tests.fakes.node_service import LETS_NONE_JOIN, TOKEN, refusal
from tests.unit.node.joining.typed import Machine


def test_what_the_gateway_says_becomes_settings_that_the_node_takes(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.join("--node-id", "lab-1", "--pools", "gpu,default") == 0
    said = machine.gateway.answer
    settings = NodeSettings.load(["--config", str(machine.settings)])
    assert (settings.node_id, settings.pools) == ("lab-1", ["gpu", "default"])
    assert (settings.nats_urls, settings.nats_user) == (list(said.nats_urls), said.nats_user)
    assert settings.nats_nkey == str(machine.directory / "node.nk")
    assert (settings.etcd_endpoints, settings.etcd_user) == (list(said.etcd_endpoints), said.etcd_user)
    assert settings.etcd_password.get_secret_value() == said.etcd_password
    assert (settings.nats_tls_authorities, settings.etcd_tls_authorities) == ("", "")


def test_the_gateway_is_told_the_public_key_of_a_seed_that_stays(machine: Machine) -> None:
    assert machine.join("--node-id", "lab-1", "--pools", "a,b") == 0
    (request,) = machine.gateway.requests
    assert (request.node_id, list(request.pools)) == ("lab-1", ["a", "b"])
    assert request.nats_public_key == public_key(machine.seed)
    assert machine.seed.startswith(b"SU")


def test_secrets_are_for_their_owner_alone(machine: Machine) -> None:
    usual = os.umask(0)
    try:
        assert machine.join() == 0
    finally:
        os.umask(usual)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in machine.directory.iterdir()}
    assert modes == {"node.nk": 0o600, "node.toml": 0o600}
    out = machine.captured.readouterr()
    for secret in (TOKEN, machine.seed.decode(), machine.gateway.answer.etcd_password):
        assert secret not in out.out + out.err


def test_the_service_may_enter_the_folder_of_its_files_whatever_the_umask_says(machine: Machine) -> None:
    usual = os.umask(0o077)
    try:
        assert machine.join() == 0
    finally:
        os.umask(usual)
    assert stat.S_IMODE(machine.directory.stat().st_mode) == 0o755
    machine.directory.chmod(0o700)
    assert machine.join() == 0
    assert stat.S_IMODE(machine.directory.stat().st_mode) == 0o700


def test_a_second_time_is_the_same_node_and_writes_nothing(machine: Machine) -> None:
    assert machine.join("--pools", "gpu") == 0
    files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in machine.directory.iterdir()}
    assert machine.join() == 0
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in machine.directory.iterdir()} == files
    first, second = machine.gateway.requests
    assert first == second


def test_a_node_without_a_name_is_named_after_its_host_and_its_key(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "lab.exämple")
    assert machine.join() == 0
    assert machine.gateway.requests[0].node_id == f"lab-ex-mple-{public_key(machine.seed)[-6:].lower()}"


def test_a_key_that_the_gateway_has_seen_is_kept_where_its_answer_is_lost(machine: Machine) -> None:
    machine.gateway.refusal = refusal(code_pb2.UNAVAILABLE, "the answer is lost")
    assert machine.join() == 1
    kept = machine.seed
    machine.gateway.refusal = None
    assert machine.join() == 0
    assert machine.seed == kept
    assert machine.gateway.requests[0].nats_public_key == public_key(kept)


def test_settings_of_ones_own_stay_and_what_the_gateway_says_is_renewed(machine: Machine) -> None:
    assert machine.join("--node-id", "lab-1") == 0
    text = machine.settings.read_text()
    machine.settings.write_text(f"# mine\n{text}concurrency = 3  # cores\n\n[labels]\nrack = '3'\n")
    machine.gateway.answer.etcd_password = "another"
    assert machine.join("--pools", "gpu") == 0
    now = machine.settings.read_text()
    assert now.startswith("# mine\n")
    assert now.endswith("concurrency = 3  # cores\n\n[labels]\nrack = '3'\n")
    assert (machine.told["etcd_password"], machine.told["pools"], machine.told["node_id"]) == (
        "another",
        ["gpu"],
        "lab-1",
    )


def test_a_setting_that_stands_twice_is_said_and_nothing_is_written(machine: Machine) -> None:
    assert machine.join("--node-id", "lab-1") == 0
    text = machine.settings.read_text().replace("pools", "# pools") + 'pools = ["gpu"]\n'
    machine.settings.write_text(text)
    code, said = machine.refused()
    assert (code, machine.settings.read_text()) == (2, text)
    assert "a join writes node_id, pools," in said
    assert "and beside them stands: Cannot overwrite a value" in said


def test_the_settings_of_another_node_are_not_overwritten(machine: Machine) -> None:
    assert machine.join("--node-id", "lab-1") == 0
    text, seed = machine.settings.read_text(), machine.seed
    assert machine.refused("--node-id", "lab-2") == (
        2,
        f"{machine.settings} is there, and it is that of the node lab-1: --force replaces it",
    )
    assert (machine.settings.read_text(), machine.seed, len(machine.gateway.requests)) == (text, seed, 1)


def test_by_force_the_machine_is_another_node_with_a_key_of_its_own(machine: Machine) -> None:
    assert machine.join("--node-id", "lab-1", "--pools", "gpu") == 0
    text, seed = machine.settings.read_text(), machine.seed
    machine.gateway.refusal = LETS_NONE_JOIN
    assert machine.join("--node-id", "lab-2", "--force") == 1
    assert (machine.settings.read_text(), machine.seed) == (text, seed)
    machine.gateway.refusal = None
    assert machine.join("--node-id", "lab-2", "--force") == 0
    assert machine.seed != seed
    assert (machine.told["node_id"], machine.told["pools"]) == ("lab-2", ["default"])
    assert machine.gateway.ids == {"lab-1": public_key(seed), "lab-2": public_key(machine.seed)}


def test_by_force_the_same_node_stays_what_it_is(machine: Machine) -> None:
    assert machine.join("--node-id", "lab-1", "--pools", "gpu") == 0
    seed = machine.seed
    assert machine.join("--node-id", "lab-1", "--force") == 0
    assert (machine.seed, machine.told["pools"]) == (seed, ["gpu"])


def test_settings_that_no_join_has_written_are_replaced_by_force_alone(machine: Machine) -> None:
    machine.directory.mkdir()
    machine.settings.write_text('node_id = "lab-1"\nnats_password = "mine"\n')
    assert machine.refused("--node-id", "lab-1") == (
        2,
        f"{machine.settings} is there, and no join has written it: --force replaces it",
    )
    assert machine.join("--node-id", "lab-1", "--force") == 0
    assert "nats_password" not in machine.told

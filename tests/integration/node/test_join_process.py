"""``coderunner-node join --no-setup`` as a process of its own, against a gateway with TLS."""

from __future__ import annotations

import os
import signal
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from broker_gateway.certificates import AUTHORITY, certificate_file, make_certificates
from node.infrastructure.settings import NodeSettings
from tests.fakes.node_service import TOKEN, FakeNodeService, serving
from tests.integration.node.join_process import JOIN, join_process
from tests.integration.node.node_process import START_S
from tests.servers.nats import REPOSITORY


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[FakeNodeService]:
    """Its certificates, and those that it tells of, are of one authority."""
    with serving(FakeNodeService(), tmp_path / "tls") as service:
        text = service.authority.read_text()
        service.answer.nats_tls_authorities = service.answer.etcd_tls_authorities = text
        yield service


def variables(**more: str) -> dict[str, str]:
    """Of a machine that knows nothing of the gateway yet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODERUNNER_")}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "CODERUNNER_CONFIG": "", **more}


def join(
    gateway: FakeNodeService, directory: Path, *more: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return join_process("--gateway", gateway.url, "--directory", str(directory), *more, environment=environment)


def test_a_machine_joins_and_joins_again(
    gateway: FakeNodeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    directory = tmp_path / "lab" / "etc"
    typed = ("--ca", str(gateway.authority), "--token-file", str(token), "--node-id", "lab-1")
    first = join(gateway, directory, *typed, environment=variables())
    assert (first.returncode, first.stderr) == (0, "")
    target = gateway.url.removeprefix("https://")
    assert first.stdout.splitlines() == [
        f"coderunner-node join: the gateway at {target} takes this machine for the node lab-1",
        f"coderunner-node join: wrote bus-authorities.pem, directory-authorities.pem, node.toml to {directory}",
        f"coderunner-node join: start it: coderunner-node --config {directory}/node.toml",
    ]
    settings = NodeSettings.load(["--config", str(directory / "node.toml")])
    settings.bus(name="x", inbox_prefix="x"), settings.etcd()  # which look at the certificates
    assert settings.nats_tls_authorities == str(directory / "bus-authorities.pem")
    assert (directory / "directory-authorities.pem").read_bytes() == gateway.authority.read_bytes()
    again = join(
        gateway,
        directory,
        environment=variables(CODERUNNER_TOKEN=TOKEN, CODERUNNER_TLS_CA=str(gateway.authority)),
    )
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[1] == f"coderunner-node join: {directory} is as it was"
    assert gateway.requests[0] == gateway.requests[1]


def test_a_gateway_that_cannot_show_who_it_is_is_told_nothing(gateway: FakeNodeService, tmp_path: Path) -> None:
    make_certificates(tmp_path / "others", {"gateway": ["localhost"]})
    others = certificate_file(tmp_path / "others", AUTHORITY)
    for more in ((), ("--ca", str(others))):
        done = join(gateway, tmp_path / "etc", *more, environment=variables(CODERUNNER_TOKEN=TOKEN))
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "does not answer" in done.stderr
        assert done.stderr.endswith("; --ca names the file of its authority\n")
    assert not gateway.called.is_set()


def test_a_wrong_token_ends_it_with_one_sentence(gateway: FakeNodeService, tmp_path: Path) -> None:
    done = join(
        gateway,
        tmp_path / "etc",
        *("--ca", str(gateway.authority)),
        environment=variables(CODERUNNER_TOKEN="another"),
    )
    target = gateway.url.removeprefix("https://")
    assert (done.returncode, done.stdout) == (2, "")
    said = f"coderunner-node join: the gateway at {target} does not let this token join: no such token\n"
    assert done.stderr == said
    assert not (tmp_path / "etc" / "node.toml").exists()


def test_who_interrupts_it_may_call_it_again(gateway: FakeNodeService, tmp_path: Path) -> None:
    gateway.silent = True
    typed = [*JOIN, "--gateway", gateway.url, "--directory", str(tmp_path / "etc"), "--ca", str(gateway.authority)]
    process = subprocess.Popen(
        typed, env=variables(CODERUNNER_TOKEN=TOKEN), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert gateway.called.wait(START_S)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, stderr) == (130, "coderunner-node join: interrupted; the same command goes on\n")
    assert [path.name for path in (tmp_path / "etc").iterdir()] == ["node.nk"]
    seed = (tmp_path / "etc" / "node.nk").read_bytes()
    gateway.silent = False
    done = join(
        gateway,
        tmp_path / "etc",
        *("--ca", str(gateway.authority)),
        environment=variables(CODERUNNER_TOKEN=TOKEN),
    )
    assert done.returncode == 0
    assert (tmp_path / "etc" / "node.nk").read_bytes() == seed
    assert "nats_nkey" in tomllib.loads((tmp_path / "etc" / "node.toml").read_text())

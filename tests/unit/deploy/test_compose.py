"""The compose files, as far as they can be held to the code without an engine (`make compose` brings them up)."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ServiceSettings
from deploy.compose import credentials
from dev.paths import REPOSITORY
from node.infrastructure.settings import NodeSettings

FOLDER = REPOSITORY / "deploy" / "compose"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))
SETTINGS: dict[str, type[ServiceSettings]] = {"CODERUNNER_GATEWAY_": GatewaySettings, "CODERUNNER_NODE_": NodeSettings}
NOT_KNOWN_TO_1_29 = {"name", "include"}
"""Names at the top of a file, which Debian 12's docker-compose refuses."""


def compose(file: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    return found


def services(file: str) -> dict[str, Any]:
    found: dict[str, Any] = compose(file)["services"]
    return found


def test_there_are_files() -> None:
    assert FILES == ["cluster.yaml", "compose.yaml"]


@pytest.mark.parametrize("file", FILES)
def test_every_variable_of_a_gateway_or_node_is_a_setting(file: str) -> None:
    names = {name for service in services(file).values() for name in service.get("environment", {})}
    ours = {name: prefix for name in names for prefix in SETTINGS if name.startswith(prefix)}
    assert set(ours.values()) == set(SETTINGS)
    unknown = [
        name for name, prefix in ours.items() if name.removeprefix(prefix).lower() not in SETTINGS[prefix].model_fields
    ]
    assert unknown == []


@pytest.mark.parametrize("file", FILES)
def test_what_has_no_default_is_what_credentials_py_writes(file: str, tmp_path: Path) -> None:
    written = credentials.complete(tmp_path / ".env", 999)
    text = (FOLDER / file).read_text(encoding="utf-8")
    taken = set(re.findall(r"\$\{(\w+)(?::\?)?\}", text))
    assert "CODERUNNER_SEAL_SECRET" in taken
    assert taken - set(written) == set()


@pytest.mark.parametrize("file", FILES)
def test_ports_are_published_on_loopback_only_and_can_be_chosen(file: str) -> None:
    published = [port for service in services(file).values() for port in service.get("ports", ())]
    assert published
    assert [
        port for port in published if not re.fullmatch(r"127\.0\.0\.1:\$\{CODERUNNER_\w+_PORT:-\d+\}:\d+", port)
    ] == []


@pytest.mark.parametrize("file", FILES)
def test_no_service_gains_privileges_or_has_any(file: str) -> None:
    for service in services(file).values():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["cap_drop"] == ["ALL"]
        assert not {"cap_add", "privileged", "network_mode", "pid", "ipc"} & service.keys()


@pytest.mark.parametrize("file", FILES)
def test_both_generations_of_compose_know_what_is_at_the_top(file: str) -> None:
    assert NOT_KNOWN_TO_1_29 & compose(file).keys() == set()


@pytest.mark.parametrize("file", FILES)
def test_what_is_mounted_and_what_is_built_is_there(file: str) -> None:
    for service in services(file).values():
        mounted = [volume.partition(":")[0] for volume in service.get("volumes", ())]
        assert all((FOLDER / source).exists() for source in mounted if source.startswith("."))
        built = service.get("build", ".")
        folder, dockerfile = (
            (built, "Dockerfile") if isinstance(built, str) else (built["context"], built["dockerfile"])
        )
        assert (FOLDER / folder / dockerfile).is_file()


def test_prometheus_scrapes_every_gateway_and_node_of_the_cluster_by_the_names_of_the_rules() -> None:
    scraped = yaml.safe_load((FOLDER / "prometheus" / "cluster.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = {job["job_name"]: set(job["static_configs"][0]["targets"]) for job in scraped}
    parts = services("cluster.yaml")
    for kind, port in (("gateway", 8081), ("node", 8082)):
        assert targets[f"coderunner-{kind}"] == {f"{name}:{port}" for name in parts if name.startswith(f"{kind}-")}
    assert {target.partition(":")[0] for several in targets.values() for target in several} <= parts.keys()


def test_the_streams_of_the_cluster_with_all_replicas_fit_into_the_buss_account() -> None:
    gateway = services("cluster.yaml")["gateway-1"]["environment"]
    (gigabytes,) = re.findall(r"max_file: (\d+)GB", (REPOSITORY / "nats.conf").read_text(encoding="utf-8"))
    replicas, stored = (int(gateway[f"CODERUNNER_GATEWAY_{name}"]) for name in ("STREAM_REPLICAS", "BUS_BYTES"))
    assert replicas == 3
    assert 0.8 < replicas * stored / (int(gigabytes) << 30) < 1


def test_credentials_are_random_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        credentials.complete(path, 999)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = [
        values(path)[name] for path in (first, second) for name in (*credentials.PASSWORDS, credentials.SEAL_SECRET)
    ]
    assert len(set(secret)) == 2 * (len(credentials.PASSWORDS) + 1)
    assert all(re.fullmatch(r"[a-z][0-9a-z]{31,}", values(first)[name]) for name in credentials.PASSWORDS)
    assert len(values(first)[credentials.SEAL_SECRET]) >= 32
    assert values(first)[credentials.GROUP] == "999"


def test_credentials_that_are_there_stay_and_what_lacks_is_added(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# mine\nCODERUNNER_ETCD_ROOT_PASSWORD=chosen\nCODERUNNER_GRPC_PORT=6000")
    path.chmod(0o644)
    assert "CODERUNNER_ETCD_ROOT_PASSWORD" not in credentials.complete(path, 999)
    made = path.read_text(encoding="utf-8")
    assert made.startswith("# mine\nCODERUNNER_ETCD_ROOT_PASSWORD=chosen\nCODERUNNER_GRPC_PORT=6000\n")
    assert credentials.complete(path, 999) == []
    assert path.read_text(encoding="utf-8") == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_an_engines_socket_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(credentials, "SOCKET", tmp_path / "no.sock")
    assert credentials.main([str(tmp_path / ".env")]) == 1
    assert "no.sock" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def values(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())

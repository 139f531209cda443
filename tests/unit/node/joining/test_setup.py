"""``coderunner-node join`` sets a machine up: each command, in its order."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.joining import service
from node.joining.command import main
from node.joining.errors import WrongInputError
from tests.fakes.machine import DEBIAN_12, DEBIAN_13, PROGRAM, FakeMachine
from tests.fakes.node_service import TOKEN, FakeNodeService, serving

UPDATE = "apt-get -q -o DPkg::Lock::Timeout=300 update"
INSTALL = (
    "apt-get -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends docker.io iptables ca-certificates"
)
START_ENGINE = "systemctl enable --now docker"
IMAGES = f"{PROGRAM} images build"
ADD_USER = "useradd --system --home-dir /nonexistent --groups docker coderunner-node"
FIRST_START = ["systemctl daemon-reload", "systemctl enable coderunner-node", "systemctl restart coderunner-node"]
ASK = "GET 127.0.0.1:8082"
FRESH = [UPDATE, INSTALL, START_ENGINE, IMAGES, ADD_USER, *FIRST_START, ASK]


@dataclass
class Lab:
    """A machine and the gateway that it joins."""

    machine: FakeMachine
    gateway: FakeNodeService
    directory: Path

    def join(self, *more: str) -> int:
        typed = ["--gateway", self.gateway.url, "--token", TOKEN, "--directory", str(self.directory), *more]
        return main(typed, self.machine)

    def commands(self, *more: str) -> list[str]:
        """Those of one more join that succeeds."""
        self.machine.commands.clear()
        assert self.join(*more) == 0
        return self.machine.commands


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The checkout and the test's folder may be where a service does not look."""
    monkeypatch.setattr(service, "_HIDDEN", ())
    with serving(FakeNodeService()) as gateway:
        yield Lab(FakeMachine(tmp_path / "machine"), gateway, tmp_path / "machine/etc/coderunner")


def test_a_fresh_debian_is_a_node_after_one_command(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.commands("--node-id", "lab-1") == FRESH
    unit = (lab.machine.root / "etc/systemd/system/coderunner-node.service").read_text()
    assert f"ExecStart={PROGRAM} --config {lab.directory}/node.toml\n" in unit
    assert capsys.readouterr().out.endswith("coderunner-node join: coderunner-node runs; it takes tasks\n")


def test_a_second_time_nothing_changes(lab: Lab) -> None:
    lab.commands()
    files = {path: path.stat().st_mtime_ns for path in lab.machine.root.rglob("*")}
    assert lab.commands() == [IMAGES, "systemctl enable --now coderunner-node", ASK]
    assert {path: path.stat().st_mtime_ns for path in lab.machine.root.rglob("*")} == files


def test_a_node_whose_settings_are_others_is_started_again(lab: Lab) -> None:
    lab.commands()
    lab.gateway.answer.etcd_password = "another"
    lab.machine.fails = IMAGES
    lab.machine.commands.clear()
    assert lab.join() == 1
    assert lab.machine.commands == ["systemctl try-restart coderunner-node", IMAGES]  # whatever fails after it


def test_a_unit_that_is_another_is_read_again(lab: Lab) -> None:
    lab.commands()
    (lab.machine.root / "etc/systemd/system/coderunner-node.service").write_text("[Unit]\n")
    assert lab.commands() == [IMAGES, *FIRST_START, ASK]


def test_health_is_asked_for_where_the_settings_say(lab: Lab) -> None:
    lab.commands()
    settings = lab.directory / "node.toml"
    settings.write_text(settings.read_text() + 'http_address = "127.0.0.1:9999"\n')
    assert lab.commands()[-1] == "GET 127.0.0.1:9999"


def test_an_engine_that_answers_is_left_alone(lab: Lab) -> None:
    lab.machine.engine = True
    lab.machine.groups.add("docker")
    assert lab.commands() == FRESH[3:]


def test_an_engine_that_is_installed_is_started(lab: Lab) -> None:
    lab.machine.programs.add("dockerd")
    lab.machine.groups.add("docker")
    assert lab.commands() == FRESH[2:]


@pytest.mark.parametrize(
    ("release", "apparmor", "more"),
    [
        (DEBIAN_12, "N", ""),
        (DEBIAN_12, "Y", " apparmor"),
        (DEBIAN_13, "N", " docker-cli"),
        (DEBIAN_13, "Y", " docker-cli apparmor"),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', "N", ""),
        ("ID=raspbian\nID_LIKE=debian\n", "N", ""),
        ('ID=mint\nID_LIKE="ubuntu debian"\n', "N", ""),
    ],
)
def test_the_packages_are_those_of_the_release(lab: Lab, release: str, apparmor: str, more: str) -> None:
    (lab.machine.root / "etc/os-release").write_text(release)
    enabled = lab.machine.root / "sys/module/apparmor/parameters/enabled"
    enabled.parent.mkdir(parents=True)
    enabled.write_text(f"{apparmor}\n")
    assert lab.commands()[:2] == [UPDATE, f"{INSTALL}{more}"]


@pytest.mark.parametrize("release", ["ID=fedora\nVERSION_ID=42\n", ""])
def test_a_machine_that_is_no_debian_is_told_to_install_an_engine(
    lab: Lab, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (lab.machine.root / "etc/os-release").write_text(release)
    assert lab.join() == 1
    assert lab.machine.commands == []
    assert "this is not Debian: install one" in capsys.readouterr().err


def test_without_systemd_the_command_that_runs_the_node_is_said(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.machine.systemd, lab.machine.engine = False, True
    assert lab.commands() == [IMAGES]
    assert capsys.readouterr().out.endswith(f"start it: coderunner-node --config {lab.directory}/node.toml\n")
    assert not (lab.machine.root / "etc/systemd").exists()


def test_without_systemd_an_engine_is_started_by_its_script(lab: Lab) -> None:
    lab.machine.systemd = False
    script = lab.machine.root / "etc/init.d/docker"
    script.parent.mkdir()
    script.touch()
    assert lab.commands() == [UPDATE, INSTALL, "service docker start", IMAGES]


def test_without_systemd_and_a_script_somebody_must_start_the_engine(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.machine.systemd = False
    assert lab.join() == 1
    assert "start `dockerd`, and repeat this" in capsys.readouterr().err


def test_an_engine_that_does_not_start_is_said(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.machine.starts_in_vain = True
    assert lab.join() == 1
    assert lab.machine.commands == FRESH[:3]
    assert "does not answer within 120 s: `journalctl -u docker` says why" in capsys.readouterr().err


def test_a_command_that_fails_ends_it_with_its_last_words(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.machine.fails = "apt-get -q -o DPkg::Lock::Timeout=300 install"
    assert lab.join() == 1
    assert lab.machine.commands == [UPDATE, INSTALL]
    assert capsys.readouterr().err.endswith("its last words:\nE: no such package\n")
    lab.machine.fails = ""
    assert lab.commands() == FRESH  # what failed is done, and what was done before is not undone


def test_an_engine_that_no_group_may_use_is_said(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.machine.engine = True
    assert lab.join() == 1
    assert "there is no group docker" in capsys.readouterr().err


def test_a_node_that_is_not_ready_yet_says_what_it_waits_for(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    parts = {
        "bus": {"works": False, "says": "refused", "needed": True},
        "store": {"works": True, "says": "results are stored", "needed": True},
        "load": {"works": False, "says": "cpu", "needed": False},
    }
    lab.machine.health = {"ready": False, "parts": parts}
    lab.commands()
    assert "it is not ready yet (bus: refused): `journalctl -u coderunner-node`" in capsys.readouterr().out


def test_a_node_that_does_not_answer_is_said(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.machine.health = {}
    lab.commands()
    assert "it is not ready yet (it does not answer)" in capsys.readouterr().out


def test_who_is_not_root_is_told_before_anything_happens(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.machine.administrator = False
    assert lab.join() == 2
    assert capsys.readouterr().err == (
        "coderunner-node join: only root can set this machine up: be it, or join with --no-setup\n"
    )
    assert (lab.gateway.requests, lab.machine.commands, lab.directory.exists()) == ([], [], False)


def test_a_program_that_the_service_could_not_see_is_refused_before_anything_happens(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(service, "_HIDDEN", ("/opt",))
    assert lab.join() == 2
    assert "is below /opt, which the service does not see" in capsys.readouterr().err
    assert (lab.gateway.requests, lab.machine.commands, lab.directory.exists()) == ([], [], False)
    lab.machine.systemd, lab.machine.engine = False, True
    assert lab.join() == 0


def test_what_the_unit_hides_is_known() -> None:
    for hidden in ("/home/me/venv", "/root/venv", "/tmp/venv", "/var/tmp/x", "/run/user/0/x"):
        with pytest.raises(WrongInputError, match="does not see"):
            service.refuse_hidden(["/opt/coderunner", hidden])
    service.refuse_hidden(["/opt/coderunner", "/homes/x", "/usr/lib/python3/dist-packages"])


@pytest.mark.parametrize("path", ["/opt/a b", "/opt/%h", "/opt/a\nUser=root", '/opt/"', "/opt/$X", "opt"])
def test_a_path_that_systemd_would_read_otherwise_is_refused(path: str) -> None:
    with pytest.raises(WrongInputError, match="cannot stand in a unit"):
        service.refuse_hidden([path])


def test_the_unit_differs_from_its_page_in_two_paths_alone() -> None:
    page = service.unit_file().read_text(encoding="utf-8")
    assert service.unit_text(PROGRAM, Path("/etc/coderunner/node.toml")) == page
    other = service.unit_text("/srv/venv/bin/coderunner-node", Path("/srv/etc/node.toml"))
    changed = [line for line in other.splitlines() if line not in page.splitlines()]
    assert changed == ["ExecStart=/srv/venv/bin/coderunner-node --config /srv/etc/node.toml"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd's tools")
def test_systemd_understands_the_unit_that_was_written(lab: Lab) -> None:
    lab.commands()
    unit = lab.machine.root / "etc/systemd/system/coderunner-node.service"
    looked = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in looked.stderr.splitlines() if unit.name in line]
    assert [line for line in said if "is not executable" not in line] == []

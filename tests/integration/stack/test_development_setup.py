"""What ``make`` rests on: pid files, ports, stamps, cgroups, passwords."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import cgroups, environment, packages, ports, processes, settings
from dev import service as services
from dev.console import SetupError
from dev.service import Service
from dev.table import render
from tests.servers.ports import free_port

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)",
]
HTTP = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def pid_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "some.pid"
    yield path
    processes.stop(path)


def test_a_started_process_is_known_by_its_pid_file_and_stops(pid_file: Path, tmp_path: Path) -> None:
    pid = processes.spawn(SLEEPER, pid_file, tmp_path / "log", note="version-1")
    assert processes.running(pid_file) == pid
    assert processes.note(pid_file) == "version-1"
    assert processes.stop(pid_file)
    assert processes.running(pid_file) is None
    assert not processes.stop(pid_file)


def test_a_pid_that_belongs_to_somebody_else_now_is_not_ours(pid_file: Path) -> None:
    pid_file.write_text(f"{os.getpid()}\n1\n\n")
    assert processes.running(pid_file) is None
    assert not processes.stop(pid_file)


def test_a_process_that_ignores_the_polite_signal_is_killed(pid_file: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    processes.spawn(STUBBORN, pid_file, log)
    while "ready" not in log.read_text():
        assert processes.running(pid_file) is not None
    assert processes.stop(pid_file, timeout_s=0.1)
    assert processes.running(pid_file) is None


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name, value in (("RUN", tmp_path), ("LOGS", tmp_path / "log"), ("REPOSITORY", tmp_path)):
        monkeypatch.setattr(services, name, value)
    (tmp_path / "code.py").write_text("first")
    port = free_port()
    service = Service(
        "web", (sys.executable, "-c", HTTP, str(port)), (port,), (port, "/readyz"), made_of=(tmp_path / "code.py",)
    )
    yield service
    processes.stop(service.pid_file)


def test_a_current_service_is_used_again_and_a_changed_one_restarted(web: Service, tmp_path: Path) -> None:
    web.bring_up()
    web.wait_ready()
    first = processes.running(web.pid_file)
    web.bring_up()
    assert processes.running(web.pid_file) == first
    (tmp_path / "code.py").write_text("second")
    web.bring_up()
    web.wait_ready()
    assert processes.running(web.pid_file) not in (first, None)


def test_a_service_that_died_is_started_again(web: Service) -> None:
    web.bring_up()
    web.wait_ready()
    pid = processes.running(web.pid_file)
    assert pid is not None
    os.kill(pid, 9)
    while processes.running(web.pid_file) is not None:
        pass
    web.bring_up()
    web.wait_ready()


def test_a_service_that_ends_at_its_start_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RUN", tmp_path), ("LOGS", tmp_path / "log"), ("REPOSITORY", tmp_path)):
        monkeypatch.setattr(services, name, value)
    port = free_port()
    broken = Service("broken", (sys.executable, "-c", "raise SystemExit('no such bus')"), (port,), (port, "/readyz"))
    broken.bring_up()
    with pytest.raises(SetupError, match="no such bus"):
        broken.wait_ready()


def test_a_taken_port_names_its_holder(web: Service) -> None:
    with socket.create_server(("127.0.0.1", web.ports[0])), pytest.raises(SetupError, match=rf"pid {os.getpid()}\)"):
        web.bring_up()
    assert processes.running(web.pid_file) is None
    ports.require_free(web.ports[0], "web")


def test_controllers_that_are_enabled_and_not_mounted_are_missing() -> None:
    rows = (
        "#subsys_name\thierarchy\tnum_cgroups\tenabled",
        "cpu\t1\t3\t1",
        "memory\t0\t1\t1",
        "pids\t8\t3\t1",
        "rdma\t0\t1\t1",
    )
    known = "\n".join(rows)
    mounted = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n"
    assert cgroups.missing_controllers(known, mounted) == ["memory", "pids"]
    assert cgroups.missing_controllers(known.replace("memory\t0\t1\t1", "memory\t0\t1\t0"), mounted) == ["pids"]
    assert cgroups.missing_controllers(known, "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n") == []


@pytest.mark.parametrize(
    ("text", "is_debian"),
    [
        ('ID=debian\nVERSION_ID="13"\n', True),
        ("ID=ubuntu\nID_LIKE=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ('ID="fedora"\n', False),
        ("", False),
    ],
)
def test_debian_and_its_descendants_are_recognised(tmp_path: Path, text: str, is_debian: bool) -> None:
    path = tmp_path / "os-release"
    path.write_text(text)
    assert packages.is_debian_like(path) is is_debian
    assert not packages.is_debian_like(tmp_path / "missing")


def test_a_stamp_vouches_only_for_what_it_was_made_from(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp.json"
    assert environment.installed_extras(stamp, "key") is None
    stamp.write_text(json.dumps({"key": "key", "extras": ["servers"]}))
    assert environment.installed_extras(stamp, "key") == frozenset({"servers"})
    assert environment.installed_extras(stamp, "other") is None
    stamp.write_text("half a st")
    assert environment.installed_extras(stamp, "key") is None


def test_passwords_stay_the_same_and_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CREDENTIALS", tmp_path / "credentials.env")
    made = settings.passwords()
    assert settings.passwords() == made
    bus = {f"CODERUNNER_{user}_PASSWORD" for user in ("NATS_OPERATOR", "NATS_SYSTEM", "BLOG_NATS")}
    directory = {f"CODERUNNER_ETCD_{user}_PASSWORD" for user in ("ROOT", "GATEWAY", "NODE")}
    clients = {f"CODERUNNER_{client}_TOKEN" for client in ("DEMO", "BLOG")}
    assert set(made) == bus | directory | clients | {"CODERUNNER_CALLBACK_SECRET", "CODERUNNER_SEAL_SECRET"}
    assert len(set(made.values())) == len(made)
    assert stat.S_IMODE((tmp_path / "credentials.env").stat().st_mode) == 0o600


def test_passwords_that_a_checkout_lacks_are_added_to_those_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "credentials.env"
    kept.write_text("CODERUNNER_NATS_OPERATOR_PASSWORD=pkept\n")
    monkeypatch.setattr(settings, "CREDENTIALS", kept)
    made = settings.passwords()
    assert made["CODERUNNER_NATS_OPERATOR_PASSWORD"] == "pkept"
    assert "CODERUNNER_CALLBACK_SECRET" in made
    assert settings.passwords() == made


def test_the_setup_runs_on_the_standard_library_alone() -> None:
    modules = "__main__ stop engine environment locks packages processes service ports cgroups settings"
    code = f"import importlib; [importlib.import_module(f'dev.{{name}}') for name in {modules.split()}]"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_table_aligns_numbers_to_the_right() -> None:
    assert render(("name", "ms"), [("a", "1.5"), ("bc", "12.5")]).splitlines() == [
        "name  ms",
        "----  ----",
        "a      1.5",
        "bc    12.5",
    ]

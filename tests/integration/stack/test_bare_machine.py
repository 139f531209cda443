"""A machine on which no Docker engine runs: played by namespaces of its own, with a real dockerd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev import engine, engine_api
from dev.console import SetupError

REPOSITORY = Path(__file__).parents[3]
NOBODY_ANSWERS = "unix:///nowhere/docker.sock"
BARE = """
mount --make-rprivate / && mount -t tmpfs none /run && mount -t tmpfs none /var/lib/docker && ip link set lo up
{cgroups}
exec "$PYTHON" -c '
import pathlib, sys
from dev import engine, engine_api
place = pathlib.Path(sys.argv[1])
engine._PID_FILE, engine._LOG = place / "dockerd.pid", place / "dockerd.log"
assert not engine_api.answers()
engine.ensure_engine()
status, info = engine_api.call("GET", "/info")
print(status, b"MemoryLimit" in info, engine.stop_engine(), engine_api.answers(), engine.stop_engine())
' "$PLACE"
"""

only_where_an_engine_can_start = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("dockerd") is None or Path("/run/systemd/system").is_dir(),
    reason="needs root, a dockerd of this machine, and no systemd (which would be asked to start it)",
)


@only_where_an_engine_can_start
@pytest.mark.parametrize("cgroups", ["", "umount -R /sys/fs/cgroup"], ids=["cgroups mounted", "nothing mounted"])
def test_an_engine_that_does_not_run_is_started_and_stopped_again(tmp_path: Path, cgroups: str) -> None:
    done = subprocess.run(
        [
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--mount-proc",
            "sh",
            "-e",
            "-c",
            BARE.format(cgroups=cgroups),
        ],
        env={**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(REPOSITORY), "PLACE": str(tmp_path)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1:] == ["200 True True False False"], done.stdout + done.stderr


def test_an_engine_that_was_asked_for_and_does_not_answer_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOBODY_ANSWERS)
    with pytest.raises(SetupError, match=f"{NOBODY_ANSWERS}: start it, or unset DOCKER_HOST"):
        engine.ensure_engine()


def test_who_is_not_root_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine_api, "answers", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match=r"run (this )?as root"):
        engine.ensure_engine()

"""Which processes are left, and the reaping of those that ended; in a child of the test, which has no others to
lose."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.agent.identity import files_as, processes_of_others, scheduling

REPOSITORY = Path(__file__).parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another user's identity")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that every user reaches: pytest's own are closed, and closed again by each pytest that starts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def run(script: str) -> str:
    """What a Python program prints that may use ``identity``."""
    source = f"import os, time\nfrom node.agent.identity import *\n{script}"
    done = subprocess.run([sys.executable, "-c", source], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_every_process_is_another_but_the_own_and_the_known() -> None:
    others = processes_of_others(set())
    assert os.getpid() not in others
    assert os.getppid() in others
    assert os.getppid() not in processes_of_others({os.getppid()})


def test_dead_processes_are_reaped_and_the_living_are_not_waited_for() -> None:
    script = """
dead = [os.fork() or os._exit(0) for _ in range(3)]
reader, writer = os.pipe()
living = os.fork()
if living == 0:
    os.read(reader, 1)
    os._exit(0)
for pid in dead:
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
reap_orphans(set())
print([os.path.exists(f"/proc/{pid}") for pid in (*dead, living)])
os.write(writer, b"1")
"""
    assert run(script) == "[False, False, False, True]"


def test_a_known_process_is_left_to_those_who_started_it() -> None:
    script = """
pid = os.fork() or os._exit(7)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
reap_orphans({pid})
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert run(script) == "7"


def test_without_children_there_is_nothing_to_reap() -> None:
    assert run("reap_orphans(set()); print('done')") == "done"


def test_a_change_of_priority_or_processors_is_seen() -> None:
    assert scheduling() == scheduling()
    assert run("before = scheduling(); os.nice(1); print(scheduling() != before)") == "True"


@needs_root
def test_files_are_touched_as_the_slots_user_and_root_comes_back(open_folder: Path) -> None:
    script = f"""
try:
    with files_as(54321, 54322):
        os.close(os.open("{open_folder}/file", os.O_CREAT | os.O_WRONLY))
        print(os.getresuid(), os.getresgid())
        raise OSError
except OSError:
    print(os.getresuid(), os.getresgid())
"""
    assert run(script).splitlines() == ["(0, 54321, 0) (0, 54322, 0)", "(0, 0, 0) (0, 0, 0)"]
    owner = (open_folder / "file").stat()
    assert (owner.st_uid, owner.st_gid) == (54321, 54322)


@needs_root
def test_what_belongs_to_root_is_closed_to_the_slots_user(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(PermissionError), files_as(54321, 54321):
        (closed / "file").touch()
    (closed / "file").touch()

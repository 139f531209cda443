"""Whether a process that waits can still be given its program."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from node.agent import warm as agents_warm
from node.agent import workdir
from node.agent.config import AgentConfig, RlimitSet, WarmConfig
from node.agent.spawn import Pipes
from node.agent.warm import NoWarmStartError, Prestart, WaitingProcess, Zygote, start_warm


@dataclass
class Played:
    """The ends of a process that waits, and the agent's view of it."""

    given: int = field(init=False)
    ready: int = field(init=False)
    waiting: WaitingProcess = field(init=False)

    def __post_init__(self) -> None:
        self.given, control = os.pipe()
        ready, self.ready = os.pipe()
        nothing = Pipes(-1, -1, -1, -1, -1, -1)
        self.waiting = WaitingProcess(0, nothing, "", control, ready, RlimitSet(1, 1, 1), takes_limits=False)

    def gets_ready(self) -> None:
        os.write(self.ready, b"1")

    def dies(self) -> None:
        os.close(self.given)
        os.close(self.ready)
        self.given = self.ready = -1


@pytest.fixture
def played() -> Iterator[Played]:
    played = Played()
    yield played
    played.waiting.close()
    if played.given >= 0:
        played.dies()


def test_one_that_said_so_is_ready(played: Played) -> None:
    played.gets_ready()
    assert played.waiting.await_ready()


def test_one_that_died_before_it_was_ready_is_not(played: Played) -> None:
    played.dies()
    assert not played.waiting.await_ready()


def test_one_that_died_after_it_was_ready_is_not(played: Played) -> None:
    """Its end is known from its pipes before it has been waited for."""
    played.gets_ready()
    played.dies()
    assert not played.waiting.await_ready()


def read_all(fd: int) -> bytes:
    data = b""
    while piece := os.read(fd, 1 << 16):
        data += piece
    return data


def test_it_is_handed_the_command_and_the_environment_and_then_its_input_ends(played: Played) -> None:
    played.waiting.hand_over(["python3", "main.py"], {"A": "b=c"}, RlimitSet(1, 2, 3))
    assert read_all(played.given) == (
        b"\0\0\0\2" + b"\0\0\0\7python3" + b"\0\0\0\7main.py" + b"\0\0\0\1" + b"\0\0\0\5A=b=c"
    )


def test_one_that_takes_limits_is_handed_them_last(played: Played) -> None:
    played.waiting.takes_limits = True
    played.waiting.hand_over(["x"], {}, RlimitSet(processes=1, file_bytes=1 << 33, open_files=3))
    limits = b"\0" * 7 + b"\1" + b"\0\0\0\2\0\0\0\0" + b"\0" * 7 + b"\3"
    assert read_all(played.given) == b"\0\0\0\1\0\0\0\1x" + b"\0\0\0\0" + limits


def test_a_command_longer_than_a_pipe_is_handed_over_whole(played: Played) -> None:
    long = "x" * (1 << 20)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read_all, played.given)
        played.waiting.hand_over([long], {}, RlimitSet(1, 1, 1))
        assert reading.result() == b"\0\0\0\1" + b"\0\x10\0\0" + long.encode() + b"\0\0\0\0"


def test_one_that_died_cannot_be_handed_a_program(played: Played) -> None:
    played.dies()
    with pytest.raises(BrokenPipeError):
        played.waiting.hand_over(["x"], {}, RlimitSet(1, 1, 1))


def config(warm: WarmConfig | None) -> AgentConfig:
    return AgentConfig(uid=1, gid=1, env={}, writable=[], limits=RlimitSet(1, 1, 1), warm=warm, server=None)


def test_nothing_waits_where_the_language_has_nothing_that_could() -> None:
    assert start_warm(config(None)) is None


def test_a_prestart_has_no_process_until_one_is_started() -> None:
    warm = start_warm(config(WarmConfig("prestart", ["node"], env_at_start=False)))
    assert isinstance(warm, Prestart)
    assert warm.pids == set()


def test_an_unknown_kind_of_warm_start_ends_the_agent_with_a_sentence() -> None:
    with pytest.raises(SystemExit, match="no such kind of warm start: hot"):
        start_warm(config(WarmConfig("hot", [], env_at_start=False)))


@pytest.fixture
def without_a_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files are made by whoever runs the tests."""
    monkeypatch.setattr(agents_warm, "files_as", lambda uid, gid: nullcontext())
    monkeypatch.setattr(workdir, "WORKSPACE", str(tmp_path))


def zygote(script: str) -> Zygote:
    made = start_warm(config(WarmConfig("zygote", ["sh", "-c", script], env_at_start=False)))
    assert isinstance(made, Zygote)
    return made


def open_descriptors() -> int:
    """Those that earlier tests have left to the collector are closed before they are counted."""
    gc.collect()
    return len([*Path("/proc/self/fd").iterdir()])


def has_no_child(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


@pytest.mark.usefixtures("without_a_user")
def test_a_zygote_that_ends_before_its_first_child_is_no_warm_start() -> None:
    before = open_descriptors()
    broken = zygote("/bin/echo no such library >&2; exit 127")
    os.waitid(os.P_PID, broken.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(NoWarmStartError, match="no such library"):
        broken.start()
    assert has_no_child(broken.pid)
    assert open_descriptors() == before


@pytest.mark.usefixtures("without_a_user")
def test_a_zygote_that_says_nothing_before_its_first_child_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents_warm, "_FIRST_CHILD_TIMEOUT_S", 0.2)
    before = open_descriptors()
    hanging = zygote("exec /bin/sleep 600")
    with pytest.raises(NoWarmStartError, match="timed out"):
        hanging.start()
    assert has_no_child(hanging.pid)
    assert open_descriptors() == before

"""``make stop`` on a real engine: what it removes, and what it says when somebody keeps making more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import docker
import pytest

from dev import engine, locks, stop

ROUNDS = 3


class LateNode:
    """Makes slot containers that nobody told ``make stop`` of: one whenever it pauses, ``more`` in all."""

    def __init__(self, api: docker.APIClient, more: int) -> None:
        self._api = api
        self.label, self.value = "coderunner.node", f"stop-test-{secrets.token_hex(4)}"
        self.more = more
        self.pauses = 0

    def make_slot(self) -> None:
        self._api.create_container("coderunner/bash", ["true"], labels={self.label: self.value})

    def during_a_pause(self, seconds: float) -> None:
        self.pauses += 1
        assert self.pauses <= ROUNDS, "it does not give up"
        if self.more:
            self.more -= 1
            self.make_slot()

    def slots(self) -> list[str]:
        """Names."""
        found = self._api.containers(all=True, filters={"label": f"{self.label}={self.value}"})
        return [container["Names"][0].lstrip("/") for container in found]

    def clean_up(self) -> None:
        for name in self.slots():
            self._api.remove_container(name, force=True)


@pytest.fixture
def late_node(
    docker_engine: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[int], LateNode]]:
    """``late_node(more)`` has one slot already; ``make stop`` is of a demo without any process."""
    nodes: list[LateNode] = []

    def begin(more: int) -> LateNode:
        node = LateNode(docker_engine.api, more)
        nodes.append(node)
        node.make_slot()
        monkeypatch.setattr(stop, "NODE_LABEL", f"{node.label}={node.value}")
        monkeypatch.setattr(stop, "time", SimpleNamespace(sleep=node.during_a_pause))
        return node

    monkeypatch.setattr(stop, "_MAX_ROUNDS", ROUNDS)
    monkeypatch.setattr(stop, "RUN", tmp_path)
    monkeypatch.setattr(stop, "CLIENT_FILE", tmp_path / "client.toml")
    monkeypatch.setattr(locks, "RUN", tmp_path)
    monkeypatch.setattr(engine, "_PID_FILE", tmp_path / "dockerd.pid")
    yield begin
    for node in nodes:
        node.clean_up()


def test_slots_that_an_engine_was_still_making_for_a_node_that_is_gone_are_removed(
    late_node: Callable[[int], LateNode], capsys: pytest.CaptureFixture[str]
) -> None:
    node = late_node(1)
    assert stop.main() == 0
    assert node.slots() == []
    assert capsys.readouterr().out == "stopped 2 slot containers\n"
    assert stop.main() == 0
    assert capsys.readouterr().out == "nothing runs\n"


def test_it_gives_up_on_a_node_that_keeps_making_slots_and_says_what_is_left_and_what_to_do(
    late_node: Callable[[int], LateNode], capsys: pytest.CaptureFixture[str]
) -> None:
    node = late_node(ROUNDS + 1)
    assert stop.main() == 1
    (left,) = node.slots()
    done, advice = capsys.readouterr().out.splitlines()
    assert done == f"stopped {ROUNDS} slot containers"
    assert advice.startswith(f"make stop: slot containers are left ({left}), because a node")
    assert "end that node" in advice
    assert advice.endswith("then run `make stop` again.")


def test_without_an_engine_no_slots_are_left(
    late_node: Callable[[int], LateNode], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    assert stop.main() == 0
    assert capsys.readouterr().out == "nothing runs\n"


def test_clients_are_no_longer_sent_to_what_is_gone(late_node: Callable[[int], LateNode], tmp_path: Path) -> None:
    late_node(0)
    (tmp_path / "client.toml").touch()
    assert stop.main() == 0
    assert not (tmp_path / "client.toml").exists()

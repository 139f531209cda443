"""The agent image: what a node puts on top of a language's own image."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import node.agent
from node.infrastructure.docker.slot import agent_image
from node.infrastructure.docker.slot.uids import Uids


def test_the_agents_files_are_all_its_modules() -> None:
    folder = Path(str(node.agent.__file__)).parent
    assert set(agent_image.agent_files()) == {str(file.relative_to(folder)) for file in folder.rglob("*.py")}
    assert agent_image.agent_files()["__main__.py"] == (folder / "__main__.py").read_bytes()


def test_nobody_can_write_to_the_agent_and_everybody_to_the_workspace() -> None:
    context = agent_image._context("FROM x", {"__main__.py": b"pass", "deep/er.py": b""})
    with tarfile.open(fileobj=io.BytesIO(context)) as outer:
        inner = outer.extractfile("agent.tar")
        assert inner is not None
        with tarfile.open(fileobj=inner) as archive:
            modes = {entry.name: (entry.mode, entry.uid, entry.gid) for entry in archive if not entry.issym()}
    assert modes.pop("workspace") == (0o1777, 0, 0)
    assert modes.pop("run/coderunner") == (0o755, 0, 0), "the agent writes there, and has no power beyond root's own"
    assert all(mode & 0o222 == 0 and (uid, gid) == (0, 0) for mode, uid, gid in modes.values())
    assert {"opt/coderunner/agent/__main__.py", "opt/coderunner/agent/deep/er.py"} <= set(modes)


def test_another_agent_is_another_image() -> None:
    assert agent_image._digest("FROM x", {"a": b"1"}) != agent_image._digest("FROM x", {"a": b"2"})
    assert agent_image._digest("FROM x", {"a": b"1"}) != agent_image._digest("FROM y", {"a": b"1"})
    assert agent_image._digest("FROM x", {"a": b"1", "b": b""}) != agent_image._digest("FROM x", {"a": b"", "b": b"1"})


def test_a_uid_belongs_to_one_slot_at_a_time() -> None:
    uids = Uids(100)
    uids.mark_taken(101)
    assert [uids.take(), uids.take(), uids.take()] == [100, 102, 103]
    uids.give_back(102)
    assert uids.take() == 102

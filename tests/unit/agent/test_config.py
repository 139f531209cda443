"""The agent's configuration, as the node writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from node.agent.config import AgentConfig, RlimitSet, WarmConfig

WRITTEN: dict[str, Any] = {
    "uid": 900_001,
    "gid": 900_001,
    "env": {"LANG": "C.UTF-8"},
    "writable": ["/workspace", "/tmp"],
    "limits": {"processes": 64, "file_bytes": 1 << 20, "open_files": 256},
    "warm": {"kind": "zygote", "command": ["python3", "main.py"], "env_at_start": False},
    "server": ["/opt/coderunner/java/compile-server"],
}


def parsed(**changes: Any) -> AgentConfig:
    return AgentConfig.parse(json.dumps({**WRITTEN, **changes}))


def test_a_configuration_is_read_as_it_was_written() -> None:
    assert parsed() == AgentConfig(
        uid=900_001,
        gid=900_001,
        env={"LANG": "C.UTF-8"},
        writable=["/workspace", "/tmp"],
        limits=RlimitSet(processes=64, file_bytes=1 << 20, open_files=256),
        warm=WarmConfig("zygote", ["python3", "main.py"], env_at_start=False),
        server=["/opt/coderunner/java/compile-server"],
    )


def test_a_slot_in_which_nothing_waits_says_null() -> None:
    config = parsed(warm=None, server=None)
    assert (config.warm, config.server) == (None, None)


def test_a_task_has_other_limits_than_those_for_single_processes() -> None:
    limits = {"cpu_ms": 1, "processes": 2, "file_bytes": 3, "open_files": 4, "disk_bytes": 5}
    assert RlimitSet.of(limits) == RlimitSet(processes=2, file_bytes=3, open_files=4)


@pytest.mark.parametrize("missing", ["uid", "gid", "env", "writable", "limits"])
def test_a_configuration_without_a_field_is_refused(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        AgentConfig.parse(json.dumps({name: value for name, value in WRITTEN.items() if name != missing}))


@pytest.mark.parametrize("text", ["", "{", '{"uid": "nobody"}'])
def test_text_that_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        AgentConfig.parse(text)

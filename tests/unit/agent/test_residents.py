"""Whether a waiting process still takes the environment of a task."""

from __future__ import annotations

import dataclasses

import pytest

from node.agent.config import AgentConfig, RlimitSet, WarmConfig
from node.agent.residents import needs_cold_start

CONFIG = AgentConfig(
    uid=1,
    gid=1,
    env={"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
    writable=[],
    limits=RlimitSet(1, 1, 1),
    warm=WarmConfig("zygote", [], env_at_start=False),
    server=None,
)
TAKES_NO_ENVIRONMENT = dataclasses.replace(CONFIG, warm=WarmConfig("prestart", [], env_at_start=True))


def test_a_task_without_an_environment_takes_the_waiting_process() -> None:
    assert not needs_cold_start({}, CONFIG)
    assert not needs_cold_start({}, TAKES_NO_ENVIRONMENT)


@pytest.mark.parametrize("name", ["GREETING", "HOME", "PATH", "NODE_PATH", "MY_PYTHON", "tz"])
def test_a_variable_that_a_program_reads_itself_does_not_come_too_late(name: str) -> None:
    assert not needs_cold_start({name: "x"}, CONFIG)


@pytest.mark.parametrize(
    "name", ["PYTHONHASHSEED", "LD_PRELOAD", "LC_ALL", "LANG", "LANGUAGE", "TZ", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES"]
)
def test_a_variable_that_an_interpreter_reads_at_its_start_comes_too_late(name: str) -> None:
    assert needs_cold_start({"GREETING": "x", name: "x"}, CONFIG)


def test_a_variable_that_the_slot_has_already_does_not_come_too_late() -> None:
    assert not needs_cold_start({"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}, CONFIG)
    assert not needs_cold_start({"LANG": "C.UTF-8"}, TAKES_NO_ENVIRONMENT)


def test_a_variable_that_the_waiting_process_takes_with_its_program_does_not_come_too_late() -> None:
    warm = WarmConfig("zygote", [], env_at_start=False, late_env=frozenset({"PYTHONPATH"}))
    takes_it = dataclasses.replace(CONFIG, warm=warm)
    assert not needs_cold_start({"PYTHONPATH": "/packages/a", "X": "1"}, takes_it)
    assert needs_cold_start({"PYTHONPATH": "/packages/a", "PYTHONHASHSEED": "1"}, takes_it)
    assert needs_cold_start({"PYTHONPATH": "/packages/a"}, CONFIG)


def test_every_variable_comes_too_late_for_a_process_that_takes_no_environment() -> None:
    assert needs_cold_start({"GREETING": "x"}, TAKES_NO_ENVIRONMENT)


def test_where_nothing_waits_an_environment_is_no_reason_for_a_cold_start() -> None:
    assert not needs_cold_start({"GREETING": "x"}, dataclasses.replace(CONFIG, warm=None))

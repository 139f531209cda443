"""Slots for these tests, and what is demanded of every slot.

Most are shared by one module, so that a run that leaves something is noticed by the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import AgentGoneError, AttachedAgent, make_slot

HELLO = "print('hello')"
SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(30)"
"""Says that it is up and then does nothing."""


def assert_works(slot: AttachedAgent) -> None:
    """The next program runs in the slot, and it is clean after it."""
    report = slot.python(HELLO)
    assert (report.stdout, report.exit_code, report.clean["ok"]) == (b"hello\n", 0, True)


def assert_gone(slot: AttachedAgent) -> None:
    """The agent hangs up and its container ends."""
    with pytest.raises((AgentGoneError, ConnectionError, BrokenPipeError)):
        _read_to_the_end(slot)
    assert not slot.api.wait(slot.name, timeout=60).get("Error")


def _read_to_the_end(slot: AttachedAgent) -> None:
    while True:
        slot.next()


@pytest.fixture(scope="session")
def engine_api(docker_engine: docker.DockerClient) -> docker.APIClient:
    return docker_engine.api


def slot_of(language: str, role: Role = Role.RUN, *, scope: Any = "module", **changes: Any) -> object:
    """A fixture: such a slot, one for each module. ``changes``: see ``make_slot``."""

    @pytest.fixture(scope=scope)
    def slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
        with closing(make_slot(engine_api, language, role, **changes)) as agent:
            yield agent

    return slot


python_slot = slot_of("python")
"""With the zygote."""
own_python_slot = slot_of("python", scope="function")
"""One that the test may ruin."""
cold_slot = slot_of("python", warm=None)
"""Nothing waits in it."""
compile_slot = slot_of("cpp", Role.COMPILE)

"""The factory of fixtures that give a test a slot of one language and role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import AttachedAgent, make_slot


def slot_of(language: str, role: Role = Role.RUN, *, scope: Any = "module", **changes: Any) -> object:
    """A fixture: such a slot, one for each module. ``changes``: see ``make_slot``."""

    @pytest.fixture(scope=scope)
    def slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
        with closing(make_slot(engine_api, language, role, **changes)) as agent:
            yield agent

    return slot

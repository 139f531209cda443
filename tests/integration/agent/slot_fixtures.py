"""The factory of fixtures that give a test a slot of one language and role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import docker
import pytest

from node.domain.sandbox import Role
from node.infrastructure.languages import load_languages
from tests.integration.agent.attached import REPOSITORY, AttachedAgent, make_slot

NAMES = [one.name for one in load_languages(REPOSITORY / "sandbox" / "languages") if one.default]
"""The default languages, whose images every machine of these tests has."""


def slot_of(language: str, role: Role = Role.RUN, *, scope: Any = "module", **changes: Any) -> object:
    """A fixture: such a slot, one for each module. ``changes``: see ``make_slot``."""

    @pytest.fixture(scope=scope)
    def slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
        with closing(make_slot(engine_api, language, role, **changes)) as agent:
            yield agent

    return slot


def slots_of_every_language() -> object:
    """A fixture: a run slot of a language by name, each made once for a module."""

    @pytest.fixture(scope="module")
    def slots(engine_api: docker.APIClient) -> Iterator[Callable[[str], AttachedAgent]]:
        made: dict[str, AttachedAgent] = {}
        with ExitStack() as undo:

            def of(language: str) -> AttachedAgent:
                if language not in made:
                    made[language] = undo.enter_context(closing(make_slot(engine_api, language)))
                return made[language]

            yield of

    return slots

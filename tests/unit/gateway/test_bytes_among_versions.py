"""What nodes of an older version do not know, while one of them is alive."""

from __future__ import annotations

from typing import Any

import pytest

from broker_gateway.application.commands import Invalid, Unserved
from broker_gateway.domain.draft import DraftCase, DraftInteraction
from schemas.task import Checker, SourceFile
from tests.builders import a_node_record
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes, command

NO_TEXT = SourceFile.of("", b"\xff")


@pytest.mark.parametrize(
    "holding",
    [
        {"stdin": b"\xff"},
        {"files": [SourceFile("a.py", "1"), SourceFile.of("a", b"\xff")]},
        {"cases": [DraftCase(stdin=b"\xff")]},
        {"cases": [DraftCase()], "checker": Checker(language="python", language_version="", files=[NO_TEXT])},
    ],
)
async def test_what_is_no_text_waits_for_the_last_node_that_knows_only_text(
    gateway: GatewayOnFakes, holding: dict[str, Any]
) -> None:
    asked = command(**holding)
    gateway.directory.announce(a_node_record("old", takes_bytes=False))
    answer = gateway.submission.admit(asked)
    assert isinstance(answer, Unserved)
    assert "'old'" in answer.message
    assert not isinstance(gateway.submission.admit(command()), Unserved)
    gateway.directory.announce(a_node_record("old", takes_bytes=True))
    assert not isinstance(gateway.submission.admit(asked), Unserved | Invalid)


async def test_who_is_talked_to_waits_for_the_last_node_that_cannot(gateway: GatewayOnFakes) -> None:
    asked = command(interaction=DraftInteraction())
    gateway.directory.announce(a_node_record("old", talks=False))
    answer = gateway.submission.admit(asked)
    assert isinstance(answer, Unserved)
    assert "'old'" in answer.message
    assert not isinstance(gateway.submission.admit(command()), Unserved)
    gateway.directory.announce(a_node_record("old", talks=True))
    assert not isinstance(gateway.submission.admit(asked), Unserved | Invalid)

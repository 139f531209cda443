"""How much of blobs a task may name."""

from __future__ import annotations

from broker_gateway.application.commands import Invalid, SubmitTaskCommand
from broker_gateway.domain.draft import DraftCase, DraftInteraction
from schemas.blob import BlobRef
from tests.builders import a_draft
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.test_blobs import LARGE, MIB, naming, put


async def test_a_blob_counts_each_time_that_it_is_named(gateway: GatewayOnFakes) -> None:
    """A node would hold it as often."""
    held = await put(gateway, bytes(5 * MIB))
    cases = [DraftCase(stdin_blob=BlobRef.asked(held.digest)) for _ in range(13)]
    answer = await gateway.submission.submit(SubmitTaskCommand("blog", a_draft(cases=cases)))
    assert isinstance(answer, Invalid)
    assert "each time that one is named" in answer.violations[0].description


async def test_a_task_that_is_talked_to_names_none(gateway: GatewayOnFakes) -> None:
    """Its node would hold them for as long as somebody talks."""
    held = await put(gateway, LARGE)
    answer = await gateway.submission.submit(naming(held.digest, interaction=DraftInteraction()))
    assert isinstance(answer, Invalid)
    assert answer.violations[0].field == "task.interaction"

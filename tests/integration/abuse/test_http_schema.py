"""The API over HTTP, sent what its own OpenAPI document allows and what it does not: no answer is a fault of ours, and
each is one that the document tells of."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.integration.abuse.hunting import hunting
from tests.integration.abuse.target import Target

OPERATIONS = {
    "execute", "submit_batch", "list", "get", "cancel", "events", "source", "callback", "languages", "nodes",
    "add_blob", "put_blob", "find_blob", "get_blob", "get_file",
    "interact", "go_on_interacting",
}  # fmt: skip
CAN_BE_WRONG = {"execute", "submit_batch", "list"}
"""Those of which something is wrong by its type: an id is any text."""
_ANSWER_S = 10
"""``positive_data_acceptance`` is not asked for: what is right by its type may still be wrong by the rules."""


@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_every_operation_answers_as_it_says(target: Target, mode: GenerationMode) -> None:
    url = f"http://{target.gateway.http_target}"
    schema = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    operations = {one.definition.raw["operationId"]: one for one in found}
    assert set(operations) == OPERATIONS
    for name in sorted(CAN_BE_WRONG if mode is GenerationMode.NEGATIVE else OPERATIONS):
        _fuzz(operations[name], mode, url)
    await target.works()


def _fuzz(operation: Any, mode: GenerationMode, url: str) -> None:
    @hunting(12)
    @given(st.data())
    def fuzzed(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        response = case.call(base_url=url, timeout=_ANSWER_S)
        case.validate_response(response, excluded_checks=[positive_data_acceptance])

    fuzzed()

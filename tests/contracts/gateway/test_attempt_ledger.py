"""The count of failed callbacks, of the fake as of the real adapter."""

from __future__ import annotations

import msgspec

from schemas.task import Callback
from tests.builders import a_result
from tests.contracts.gateway.bus_parts import Parts


async def test_what_never_failed_has_no_attempts(parts: Parts) -> None:
    assert await parts.ledger.failed(a_result("a", "http://h/")) == 0


async def test_the_newest_word_counts_for_its_own_result(parts: Parts) -> None:
    result = a_result("a", "http://h/")
    await parts.ledger.note(result, 1, "503")
    await parts.ledger.note(result, 2, "x" * 10_000)
    assert await parts.ledger.failed(result) == 2
    assert await parts.ledger.failed(a_result("b", "http://h/")) == 0


async def test_a_task_that_ran_once_more_starts_over(parts: Parts) -> None:
    result = a_result("a", "http://h/")
    await parts.ledger.note(result, 5, "503")
    again = msgspec.structs.replace(result, callback=Callback(url="http://h/", occasion="7"))
    assert await parts.ledger.failed(again) == 0
    await parts.ledger.note(again, 1, "503")
    assert (await parts.ledger.failed(result), await parts.ledger.failed(again)) == (5, 1)

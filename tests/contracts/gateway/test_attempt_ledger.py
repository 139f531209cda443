"""The record of callback attempts, of the fake as of the real adapter."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from broker_gateway.application.callback_delivery import Call, first_record
from broker_gateway.application.ports import DeliveryError
from schemas.callback import MAX_ERROR_CHARS, MAX_TRIED, CallbackRecord, DeliveryState
from schemas.execution import ResultMessage
from schemas.task import Callback
from tests.builders import a_result
from tests.contracts.gateway.bus_parts import Parts


async def fails(parts: Parts, result: ResultMessage, times: int = 1, error: str = "503") -> None:
    for _ in range(times):
        call = Call(1_000, 2.5, DeliveryError(error, answer="503"))
        await parts.ledger.note(result, call.after(await parts.ledger.known(result), DeliveryState.RETRYING, 6_000))


async def test_what_never_failed_has_no_attempts(parts: Parts) -> None:
    result = a_result("a", "http://h/")
    assert await parts.ledger.known(result) == first_record(result)
    assert await parts.ledger.newest("a") is None
    assert (await parts.ledger.page(None, 10, "")).records == []


async def test_the_newest_word_counts_for_its_own_result(parts: Parts) -> None:
    result = a_result("a", "http://h/")
    await fails(parts, result, 2)
    record = await parts.ledger.known(result)
    assert (record.attempts, record.error, record.url, record.client) == (2, "503", "http://h/", result.client)
    assert [(one.number, one.answer, one.latency_ms, one.next_at_ms) for one in record.tried] == [
        (1, "503", 2.5, 6_000),
        (2, "503", 2.5, 6_000),
    ]
    assert (await parts.ledger.known(a_result("b", "http://h/"))).attempts == 0


async def test_the_newest_attempts_are_kept_each_with_a_bounded_error(parts: Parts) -> None:
    result = a_result("a", "http://h/")
    await fails(parts, result, MAX_TRIED + 3, "x" * 10_000)
    record = await parts.ledger.known(result)
    assert record.attempts == MAX_TRIED + 3
    assert [one.number for one in record.tried] == list(range(4, MAX_TRIED + 4))
    assert {len(one.error) for one in record.tried} == {MAX_ERROR_CHARS}


async def test_a_task_that_ran_once_more_starts_over(parts: Parts) -> None:
    result = a_result("a", "http://h/")
    await fails(parts, result, 5)
    again = msgspec.structs.replace(result, callback=Callback(url="http://h/", occasion="7"))
    assert (await parts.ledger.known(again)).attempts == 0
    await fails(parts, again)
    assert (await parts.ledger.known(result)).attempts == 5
    newest = await parts.ledger.newest("a")
    assert newest is not None
    assert newest.attempts == 1


async def test_what_was_taken_at_the_first_call_is_told_of_and_not_listed(parts: Parts) -> None:
    result = a_result("a", "http://h/")
    taken = Call(2_000, 1.5, None).after(first_record(result), DeliveryState.DELIVERED)
    parts.ledger.note_first(result, taken)
    assert await told_of(parts, "a", DeliveryState.DELIVERED) == taken
    assert (await parts.ledger.known(result)).tried == []
    assert (await parts.ledger.page(None, 10, "")).records == []
    again = msgspec.structs.replace(result, callback=Callback(url="http://h/", occasion="7"))
    failed = Call(3_000, 2.5, DeliveryError("503", answer="503")).after(first_record(again), DeliveryState.RETRYING)
    await parts.ledger.note(again, failed)
    assert await told_of(parts, "a", DeliveryState.RETRYING) == failed


async def told_of(parts: Parts, task_id: str, state: DeliveryState) -> CallbackRecord:
    """The newest word, once it is of this state: nobody waits for the one on a first call."""
    async with asyncio.timeout(10):
        while (found := await parts.ledger.newest(task_id)) is None or found.state is not state:  # noqa: ASYNC110 - the bus tells nobody
            await asyncio.sleep(0)
    return found


async def test_records_come_newest_first_in_pages_also_by_their_state(parts: Parts) -> None:
    for number in range(5):
        await fails(parts, a_result(f"t{number}", "http://h/"))
    result = a_result("t1", "http://h/")
    taken = Call(9_000, 1.0, None).after(await parts.ledger.known(result), DeliveryState.DELIVERED)
    await parts.ledger.note(result, taken)
    found, token = [], ""
    while page := await parts.ledger.page(None, 2, token):
        found.append([one.id for one in page.records])
        token = page.next_token
        if not token:
            break
    assert found == [["t1", "t4"], ["t3", "t2"], ["t0"]]
    (delivered,) = (await parts.ledger.page(DeliveryState.DELIVERED, 9, "")).records
    assert [one.answer for one in delivered.tried] == ["503", "ok"]


@pytest.mark.parametrize("token", ["x", "-1", "9" * 30])
async def test_a_token_that_is_none_is_a_value_error(parts: Parts, token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        await parts.ledger.page(None, 2, token)

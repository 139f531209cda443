"""Talking to a program from a page, with a publishable key."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from broker_gateway.domain.quota import PAGE_READER_CALLS, PAGE_TALK_CALLS
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.http_calls import TASK
from tests.unit.gateway.interact_calls import talking
from tests.unit.gateway.page_calls import EVIL, serving_pages
from tests.unit.gateway.test_http_interacting import of_page


async def test_a_page_talks_with_a_publishable_key_for_its_reader() -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        async with talking(pages.http, **of_page(key)) as talk:
            task = pages.bus.tasks[await talk.begun()]
            assert (task.client, len(task.reader)) == ("blog", 32)
            assert (task.interaction.session_ms, task.interaction.grace_ms) == (300_000, 30_000)
        path = f"/v1/executions/{task.id}/interact"
        async with talking(pages.http, path, **of_page(key)) as talk:
            assert (await talk.until("execution"))["id"] == task.id


@pytest.mark.parametrize("origin", [EVIL, None, "null"])
async def test_a_page_of_another_origin_does_not(origin: str | None) -> None:
    async with serving_pages(origins=("*",)) as pages:
        async with talking(pages.http, **of_page(await pages.key(), origin)) as talk:
            assert (await talk.refused())[0] == 4403
        assert pages.bus.tasks == {}


@pytest.mark.parametrize(("name", "value"), [("session_ms", 300_001), ("grace_ms", 30_001)])
async def test_a_reader_keeps_no_place_for_long(name: str, value: int) -> None:
    async with serving_pages() as pages, talking(pages.http, **of_page(await pages.key())) as talk:
        await talk.send(begin={**TASK, "interaction": {name: value}})
        assert (await talk.refused())[1]["violations"][0]["field"] == f"interaction.{name}"


async def test_a_reader_talks_to_four_programs_at_once() -> None:
    async with serving_pages() as pages, AsyncExitStack() as open_ones:
        key = await pages.key()
        for _ in range(PAGE_READER_CALLS.open_calls // PAGE_TALK_CALLS):
            await open_ones.enter_async_context(talking(pages.http, **of_page(key)))
        async with talking(pages.http, **of_page(key)) as talk:
            assert (await talk.refused())[0] == 4429
        await open_ones.aclose()
        async with asyncio.timeout(PATIENCE_S):
            while pages.http.noted.calls.count(("Interact", Code.CANCELLED)) < 4:
                pages.http.noted.changed.clear()
                await pages.http.noted.changed.wait()
        async with talking(pages.http, **of_page(key)) as talk:
            await talk.begun()

"""Results that come to the blog's backend by callback."""

from __future__ import annotations

import asyncio
import threading
import time

import msgspec
import pytest

from broker_gateway.infrastructure.callbacks.identification import Identification
from coderunner import Client
from coderunner.backend import Backend, Callbacks, MemoryResults, Policy
from tests.builders import a_stage, an_execution
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.sdk.backend.mounted import FRAMEWORKS, Mounted, events, output

SECRET, OTHER = ("whsec_" + letter * 32 for letter in "SO")
BODY = b'{"language": "python", "files": [{"content": ""}]}'
URL = "http://blog.example/code/callbacks"


def backend_of(gateway: FakeGateway, results: MemoryResults | None = None) -> Backend:
    callbacks = Callbacks(URL, [OTHER.replace("O", "N"), SECRET], results=results)
    return Backend(Client(gateway.target, "secret"), Policy(), callbacks=callbacks)


async def called_back(mounted: Mounted, task_id: str, secret: str = SECRET, body: bytes = b"") -> int:
    body = body or msgspec.json.encode(an_execution(task_id, run=a_stage("by callback\n")))
    headers = Identification.of([secret], {}).headers(task_id, body, int(time.time()))
    answer = await mounted.ask("POST", "/code/callbacks", content=body, headers=headers)
    return answer.status_code


@pytest.mark.parametrize("framework", FRAMEWORKS)
async def test_a_signed_callback_ends_a_stream_whose_watch_says_nothing(gateway: FakeGateway, framework: str) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("not asked for"), hold=hold)
    with FRAMEWORKS[framework](backend_of(gateway)) as mounted:
        answer = asyncio.create_task(mounted.run())
        await asyncio.to_thread(gateway.wait_for, "SubmitAndWatch")
        task = gateway.of("SubmitAndWatch")[0].task
        task_id = f"t-{task.idempotency_key}"
        assert task.callback.url == URL
        assert [await called_back(mounted, task_id, secret) for secret in (OTHER, SECRET, SECRET)] == [401, 204, 204]
        told = events(await answer)
    hold.set()
    assert output(told) == "by callback\n"
    assert [one.name for one in told].count("result") == 1
    assert gateway.of("Get") == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
async def test_what_is_no_callback_is_refused(gateway: FakeGateway, framework: str) -> None:
    with FRAMEWORKS[framework](backend_of(gateway)) as mounted:
        for body, status in ((b"nonsense", 400), (b"{}", 400), (b"[" * 100_000, 400), (b" " * (17 << 20), 413)):
            assert await called_back(mounted, "t-1", body=body) == status
        assert await called_back(mounted, "of another backend's task") == 204
        assert (await mounted.ask("POST", "/code/callbacks", content=b"{}")).status_code == 401


async def test_a_callback_that_another_process_was_brought_ends_the_stream(gateway: FakeGateway) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("not asked for"), hold=hold)
    shared = MemoryResults()
    starlette, django = FRAMEWORKS["starlette"], FRAMEWORKS["django-asgi"]
    with starlette(backend_of(gateway, shared)) as watched, starlette(backend_of(gateway, shared)) as called:
        answer = asyncio.create_task(watched.run())
        await asyncio.to_thread(gateway.wait_for, "SubmitAndWatch")
        assert await called_back(called, f"t-{gateway.of('SubmitAndWatch')[0].task.idempotency_key}") == 204
        told = events(await answer)
        handle = told[0].data["id"]
        again = await called.ask("GET", f"/code/v1/executions/{handle}/events")
    assert output(told) == output(events(again)) == "by callback\n"
    with django(backend_of(gateway)) as of_the_same_token:
        assert (await of_the_same_token.ask("DELETE", f"/code/v1/executions/{handle}")).status_code == 200
    hold.set()


def test_secrets_that_are_none_are_noticed_at_the_start() -> None:
    for secrets in ([], [""], "no base64!"):
        with pytest.raises(ValueError, match="secret"):
            Callbacks(URL, secrets)


async def test_a_result_that_the_watch_has_told_is_not_told_again_by_its_callback(gateway: FakeGateway) -> None:
    results = MemoryResults()
    backend = backend_of(gateway, results)
    stream = await backend.run("ada", BODY)
    told = []
    async for event in stream:
        told.append(event)
        if event.startswith(b"event: result"):
            task_id = f"t-{gateway.of('SubmitAndWatch')[0].task.idempotency_key}"
            await results.put(task_id, msgspec.json.encode(an_execution(task_id)))
    await stream.aclose()
    assert [one.startswith(b"event: result") for one in told].count(True) == 1

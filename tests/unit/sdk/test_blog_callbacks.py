"""The demo blog and the callbacks that are signed."""

from __future__ import annotations

import threading
import time

import msgspec
from aiohttp.test_utils import TestClient, TestServer

from broker_gateway.infrastructure.callbacks.identification import Identification
from coderunner import Client
from examples.blog.server import Blog
from tests.builders import an_execution
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.sdk.test_blog import JSON, SAMPLE, events

SECRET, OTHER = ("whsec_" + letter * 32 for letter in "SO")


async def test_a_signed_callback_is_the_result_itself_and_another_one_is_refused(gateway: FakeGateway) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("not asked for"), hold=hold)
    blog = Blog(Client(gateway.target), "http://127.0.0.1:1", callback_secrets=[SECRET])
    async with TestClient(TestServer(blog.application())) as browser:
        answer = await browser.post("/run", json=SAMPLE)
        task = gateway.of("Submit")[0].task
        path = task.callback.url.removeprefix("http://127.0.0.1:1")
        body = msgspec.json.encode(an_execution(f"t-{task.idempotency_key}"))
        for secret, status in ((OTHER, 401), (SECRET, 204), (SECRET, 204)):
            headers = Identification.of([secret], {}).headers(task.idempotency_key, body, int(time.time()))
            assert (await browser.post(path, data=body, headers=headers | JSON)).status == status
        seen = events(await answer.text())
        assert [data["text"] for kind, data in seen if kind == "output"] == ["42\n"]
        assert gateway.of("Get") == []
        hold.set()

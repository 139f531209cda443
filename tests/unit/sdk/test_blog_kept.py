"""The demo blog and kept answers: a sample as it stands is run once."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer

from coderunner import Client
from coderunner.v1 import execution_pb2
from examples.blog.server import Blog
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.sdk.test_blog import SAMPLE, events


async def test_a_reader_is_told_when_a_kept_outcome_was_made(gateway: FakeGateway) -> None:
    kept = ran("42\n")
    kept.cached_at_ms = 1_700_000_000_000
    gateway.script = lambda task: Script(kept)
    blog = Blog(Client(gateway.target), "http://127.0.0.1:1")
    async with TestClient(TestServer(blog.application())) as browser:
        answer = await browser.post("/run", json=SAMPLE)
        *_, (kind, result) = events(await answer.text())
    assert (kind, result["kept_from_ms"]) == ("result", 1_700_000_000_000)
    (submitted,) = gateway.of("Submit")
    assert submitted.task.cache == execution_pb2.Task.READ_WRITE
    assert len(submitted.task.reader) == 32
    assert "127.0.0.1" not in submitted.task.reader

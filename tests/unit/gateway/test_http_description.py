"""The document that describes the API, and the page to try it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.gateway.http_calls import serving_http

TOKENS = {"s3cret": "blog"}
PAGES = ["/v1/docs", "/v1/docs.js", "/v1/docs.css", "/v1/openapi.json"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == "$ref")
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from references(one)


async def test_the_document_names_every_route_and_each_of_its_references_leads_somewhere() -> None:
    async with serving_http() as calls:
        status, told = await calls.ask("GET", "/v1/openapi.json")
    assert (status, told["openapi"], told["info"]["version"]) == (200, "3.1.0", "1")
    found = {f"{verb.upper()} {path}" for path, verbs in told["paths"].items() for verb in verbs}
    assert found == {
        *("POST /v1/executions", "GET /v1/executions", "POST /v1/executions:batch"),
        *("GET /v1/executions/{id}", "DELETE /v1/executions/{id}", "GET /v1/executions/{id}/events"),
        *("GET /v1/executions/{id}/source", "GET /v1/executions/{id}/callback", "GET /v1/languages", "GET /v1/nodes"),
        *("GET /v1/executions:interact", "GET /v1/executions/{id}/interact"),
        *("POST /v1/blobs", "PUT /v1/blobs/{digest}", "HEAD /v1/blobs/{digest}", "GET /v1/blobs/{digest}"),
        "GET /v1/executions/{id}/files/{digest}",
    }
    for reference in references(told):
        node = told
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
        assert node


async def test_the_document_tells_what_a_task_is() -> None:
    async with serving_http() as calls:
        _, told = await calls.ask("GET", "/v1/openapi.json")
    task = told["components"]["schemas"]["TaskBody"]
    assert task["required"] == ["language"]
    assert task["additionalProperties"] is False
    assert set(told["components"]["schemas"]["Execution"]["properties"]) >= {"id", "status", "run", "cases"}


@pytest.mark.parametrize("path", PAGES)
async def test_what_describes_the_api_needs_no_token_and_brings_nothing_from_elsewhere(path: str) -> None:
    async with serving_http(tokens=TOKENS) as calls, calls.session.get(calls.url(path)) as response:
        text = await response.text()
        assert response.status == 200
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    if not path.endswith(".json"):
        assert not re.search(r"https?://|//\w+\.\w+/|<script>|style=|innerHTML", text)


async def test_the_example_of_the_page_is_a_task_that_is_taken() -> None:
    async with serving_http() as calls:
        _, script = await calls.ask("GET", "/v1/docs.js")
        (example,) = re.findall(r"TaskBody: (\{.*\}),", script)
        body = json.loads(re.sub(r"(\w+):", r'"\1":', example))
        assert (await calls.ask("POST", "/v1/executions", json=body))[0] == 201

"""Publishable keys and origins: which pages may show one, and what browsers are told (CORS)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.http_calls import TASK, TOKENS, serving_http
from tests.unit.gateway.page_calls import BLOG, EVIL, EXECUTIONS, OPEN, headers, serving_pages


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "null",
        "",
        "*",
        "http://blog.example",
        "https://blog.example/",
        "https://blog.example:443",
        "https://blog.example:8443",
        "https://Blog.example",
        "HTTPS://BLOG.EXAMPLE",
        "https://blog.example.evil.example",
        "https://evil.example https://blog.example",
        "https://xn--blog-exmple.example",
        "https://bl\xf6g.example",
        "x" * 8000,
    ],
    ids=lambda origin: origin[:40] or "empty",
)
async def test_only_pages_of_its_own_origins_may_show_it(origin: str) -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        status, problem = await pages.ask("POST", EXECUTIONS, key, origin=origin, json=TASK)
        assert (status, problem["code"]) == (403, "PERMISSION_DENIED")
        assert "blog" not in problem["detail"]
        assert pages.bus.calls == []
        assert (await pages.submit(key))[0] == 201


async def test_a_request_that_names_no_page_or_two_is_refused() -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        for said_twice in (None, [BLOG, BLOG], [BLOG, EVIL]):
            of_caller = [*headers(key, None).items(), *(("Origin", one) for one in said_twice or ())]
            status, problem = await pages.http.ask("GET", "/v1/languages", headers=of_caller)
            assert (status, "Origin" in problem["detail"]) == (403, True)


async def test_a_page_of_the_gateways_own_origin_reads_though_its_browser_sends_no_origin() -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        for host, site, status in (
            ("blog.example", "same-origin", 200),
            ("evil.example", "same-origin", 403),
            ("blog.example", "cross-site", 403),
            ("blog.example", "none", 403),
        ):
            of_page = {**headers(key, None), "Host": host, "Sec-Fetch-Site": site}
            assert (await pages.http.ask("GET", "/v1/languages", headers=of_page))[0] == status, (host, site)


async def preflight(pages: Any, path: str, origin: str, method: str = "POST") -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    async with pages.http.session.options(pages.http.url(path), headers=asked) as response:
        return response


@pytest.mark.parametrize("origins", [(), ("https://other.example",)], ids=["none", "others"])
async def test_a_browsers_question_is_answered_for_any_page_where_publishable_keys_are_taken(
    origins: tuple[str, ...],
) -> None:
    async with serving_pages(origins=origins) as pages:
        for verb, path in OPEN:
            answer = await preflight(pages, path, EVIL, verb)
            assert answer.status == 204, path
            assert answer.headers["Access-Control-Allow-Origin"] == EVIL
            assert verb in answer.headers["Access-Control-Allow-Methods"]
            assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
            assert answer.headers["Vary"] == "Origin"
            assert "Access-Control-Allow-Credentials" not in answer.headers
        for path in ("/v1/nodes", "/v1/executions:batch", "/v1/executions/x/source", "/v1/docs"):
            assert "Access-Control-Allow-Origin" not in (await preflight(pages, path, EVIL)).headers, path


async def test_a_page_reads_what_comes_of_a_publishable_key_and_of_no_other_token() -> None:
    async with serving_pages() as pages:
        key, made_up = await pages.key(), "crp_" + "0" * 88
        for token, origin, status, readable in (
            (key, BLOG, 200, BLOG),
            (key, EVIL, 403, EVIL),
            (made_up, BLOG, 401, BLOG),
            ("s3cret", BLOG, 200, None),
            ("wrong", BLOG, 401, None),
        ):
            async with pages.http.session.get(
                pages.http.url("/v1/languages"), headers=headers(token, origin)
            ) as response:
                found = response.headers.get("Access-Control-Allow-Origin")
                assert (response.status, found) == (status, readable), (token, origin)
                assert "Access-Control-Allow-Credentials" not in response.headers


async def test_where_none_are_taken_no_page_is_told_anything() -> None:
    async with serving_http(tokens=TOKENS) as calls:
        asked = {"Origin": BLOG, "Access-Control-Request-Method": "POST"}
        async with calls.session.options(calls.url(EXECUTIONS), headers=asked) as response:
            assert (response.status, "Access-Control-Allow-Origin" in response.headers) == (405, False)

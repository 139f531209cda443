"""The script and the style of ``<code-runner>``, as pages of other sites load them."""

from __future__ import annotations

import pytest

from dev.page_element import PARTS, SCRIPT, SERVED, STYLE
from tests.unit.gateway.http_calls import TOKENS, serving_http

FILES = {STYLE: "text/css; charset=utf-8"} | dict.fromkeys((SCRIPT, *PARTS), "text/javascript; charset=utf-8")
BLOG = {"Origin": "https://blog.example"}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("origins", [(), ("https://other.example",), ("https://blog.example",)])
async def test_a_page_of_any_site_loads_it_without_a_token(name: str, origins: tuple[str, ...]) -> None:
    async with serving_http(tokens=TOKENS, origins=origins) as calls:
        async with calls.session.get(calls.url(f"/page/{name}"), headers=BLOG) as response:
            assert response.status == 200
            assert await response.read() == (SERVED / name).read_bytes()
            assert response.headers["Content-Type"] == FILES[name]
            assert response.headers.getall("Access-Control-Allow-Origin") == ["*"]
            assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert calls.noted.calls == []


@pytest.mark.parametrize("name", FILES)
async def test_it_is_packed_for_whom_takes_that(name: str) -> None:
    async with serving_http() as calls:
        lengths, tags = [], []
        for taken in ("identity", "gzip, br"):
            headers = {"Accept-Encoding": taken}
            async with calls.session.get(calls.url(f"/page/{name}"), headers=headers) as response:
                assert await response.read() == (SERVED / name).read_bytes()
                assert (response.headers.get("Content-Encoding") == "gzip") is (taken != "identity")
                assert response.headers["Vary"] == "Accept-Encoding"
                lengths.append(int(response.headers["Content-Length"]))
                tags.append(response.headers["ETag"])
        assert lengths[1] < lengths[0]
        assert len(set(tags)) == 2


async def test_who_has_it_already_gets_nothing_again() -> None:
    async with serving_http() as calls:
        url = calls.url("/page/code-runner.js")
        async with calls.session.get(url) as response:
            tag = response.headers["ETag"]
        for shown, status in ((tag, 304), (f'"other", {tag}', 304), ('"other"', 200), ("x" * 8000, 200)):
            async with calls.session.get(url, headers={"If-None-Match": shown}) as response:
                assert response.status == status
                assert "max-age=86400" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/page/", "/page/docs.html", "/page/../pages/docs.js", "/page/%2e%2e/app.py", "/page"]
)
async def test_nothing_else_is_there(path: str) -> None:
    async with serving_http(origins=("https://blog.example",)) as calls:
        assert (await calls.ask("GET", path))[0] == 404


async def test_it_is_read_and_not_written() -> None:
    async with serving_http() as calls:
        assert (await calls.ask("POST", "/page/code-runner.js"))[0] == 405

"""The origins of pages: what browsers write in ``Origin`` is taken, and nothing that they would not."""

from __future__ import annotations

import pytest

from broker_gateway.domain.origin import MAX_ORIGIN_CHARS, origin_fault

LONGEST = "https://" + ".".join(["x" * 63] * 3 + ["y" * 61]) + ":65535"


@pytest.mark.parametrize(
    "text",
    [
        "https://blog.example",
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://xn--bcher-kva.example",
        "https://a_b.example",
        "http://blog.example:443",
        LONGEST,
    ],
)
def test_an_origin_as_browsers_write_it_is_taken(text: str) -> None:
    assert origin_fault(text) == ""
    assert len(text) <= MAX_ORIGIN_CHARS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "https://*.example",
        "https://*",
        "blog.example",
        "//blog.example",
        "HTTPS://blog.example",
        "https://Blog.example",
        "https://blog.example/",
        "https://blog.example/page",
        "https://blog.example?",
        "https://blog.example:443",
        "http://blog.example:80",
        "https://blog.example:",
        "https://blog.example:0",
        "https://blog.example:080",
        "https://blog.example:65536",
        "https://blog.example:٣",
        "https://me:hush@blog.example",
        "https://bücher.example",
        "https://blog.example\n",
        " https://blog.example",
        "https://blog..example",
        "https://.example",
        "https://127.1",
        "https://127.0.0.256",
        "https://0x7f000001",
        "https://1.2.3.4.5",
        "https://[::1",
        "https://[0:0::1]",
        "https://[::g]",
        "ftp://blog.example",
        "file://",
        "chrome-extension://abcdefgh",
        LONGEST + "0",
        "https://" + "x" * 64,
        "https://" + "a." * 500_000,
        "https://" + "1" * 1_000_000,
    ],
    ids=lambda text: text[:40],
)
def test_what_no_browser_would_write_is_refused(text: str) -> None:
    assert origin_fault(text)

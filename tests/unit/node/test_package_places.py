"""The addresses at which an installer may read: those that the operator has set, and nothing that only looks so."""

from __future__ import annotations

import pytest

from node.infrastructure.package_index.places import MAX_URL_CHARS, Places

PYPI = Places(["https://index.example/simple", "https://files.example/packages/"])


@pytest.mark.parametrize(
    "url",
    [
        "https://index.example/simple/",
        "https://index.example/simple/numpy/",
        "https://files.example/packages/ab/cd/numpy-2.1.3-cp313-cp313-linux_x86_64.whl",
        "https://files.example/packages/a%2Bb.whl?download=1",
        "https://index.example/simple/@babel%2fcore",
        "https://index.example/simple/@babel%2Fcore/-/core-7.0.0.tgz",
    ],
)
def test_what_is_below_a_place_is_read(url: str) -> None:
    assert PYPI.fault(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://index.example/",
        "https://index.example/simpler/",
        "https://index.example/simple",
        "http://index.example/simple/numpy/",
        "https://INDEX.example/simple/numpy/",
        "https://index.example:444/simple/numpy/",
        "https://index.example.evil.example/simple/",
        "https://index.example@evil.example/simple/",
        "https://user:word@index.example/simple/",
        "https://evil.example/https://index.example/simple/",
        "https://169.254.169.254/latest/meta-data/",
        "http://localhost:4222/",
        "file:///etc/passwd",
        "//index.example/simple/",
        "https://index.example/simple/../pypi/numpy/json",
        "https://index.example/simple/%2e%2e/pypi",
        "https://index.example/simple/.%2E/pypi",
        "https://index.example/simple/a%2f..%2f..%2fpypi",
        "https://index.example/simple/%252e%252e/pypi",
        "https://index.example/simple/a\\..\\b",
        "https://index.example/simple/a%5c..",
        "https://index.example/simple/./numpy",
        "https://index.example/simple/@babel%2f..",
        "https://index.example/simple/@..%2fcore",
        "https://index.example/simple/@a%2fb%2fc",
        "https://index.example/simple/@a%2f%2e%2e",
        "https://index.example/simple/a%2fb",
        "https://index.example/simple/a b",
        "https://index.example/simple/a\r\nHost: evil.example",
        "https://index.example/simple/a\0",
        "https://index.example/simple/ä",
        "https://index.example/simple/a#b",
        "https://index.example/simple/" + "a" * MAX_URL_CHARS,
    ],
)
def test_what_is_not_or_could_lead_elsewhere_is_not_read(url: str) -> None:
    assert PYPI.fault(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "index.example/simple/",
        "ftp://index.example/simple/",
        "https:///simple/",
        "https://user:word@index.example/simple/",
        "https://Index.example/simple/",
        "https://index.example/simple/?x=1",
        "https://index.example/simple/#x",
        "https://index.example/simple/../",
        "https://index.example/sim ple/",
    ],
)
def test_a_place_is_the_address_of_a_folder(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|more than"):
        Places([url])


def test_an_index_has_an_address() -> None:
    with pytest.raises(ValueError, match="address"):
        Places([])

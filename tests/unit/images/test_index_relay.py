"""What an installer tells the node of what it has installed: no more than the node keeps. Without an installer."""

from __future__ import annotations

import asyncio
import io
import json
import runpy
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from node.domain.layers import listing_fault
from node.infrastructure.package_index.places import Places
from node.infrastructure.package_index.reader import IndexReader
from node.infrastructure.package_index.session import IndexSession
from sandbox import IMAGES_DIR
from schemas.interaction import Said

LISTS = {
    "nothing": [],
    "one": ["six==1.17.0"],
    "as many as may be": [f"a{number}==1" for number in range(2_000)],
    "too many": [f"a{number}==1" for number in range(2_001)],
    "as long as may be": ["a" * 298 + "==1"],
    "too long": ["six==1", "a" * 299 + "==1"],
    "all that the kinds have": ["six==1!2.0+cpu", "@babel/core@7.0.0-rc.1", "g.h:a_b:1~2"],
    "a blank": ["six ==1"],
    "an option": ["--pre"],
    "a control character": ["six==1\x1b[2J"],
    "no letter of ours": ["s\u0456x==1"],
    "empty": [""],
    "too many characters": ["a" * 300] * 300,
}


@pytest.fixture
def relay() -> dict[str, Any]:
    return runpy.run_path(str(IMAGES_DIR / "installer-pypi" / "index_relay.py"))


@pytest.mark.parametrize("packages", LISTS.values(), ids=LISTS)
def test_installers_tell_what_a_node_keeps_and_end_in_words_with_anything_else(
    relay: dict[str, Any], packages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=said))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    line = relay["Line"]()
    if not listing_fault(packages):
        line.tell(packages)
        assert json.loads(said.getvalue()) == {"packages": packages}
        return
    with pytest.raises(SystemExit) as ended:
        line.tell(packages)
    assert 0 < len(str(ended.value)) < 300
    assert str(ended.value).isascii()
    assert said.getvalue() == b""


async def test_a_node_says_of_an_address_of_any_length_why_it_is_not_read(
    relay: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A longer line ended the installation, as if the installer did not keep to the talk."""
    said, heard = io.BytesIO(), asyncio.Queue[Said]()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=said))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"{}\n")))
    url = "https://index.example/simple/"
    relay["Line"]().open(url + "a" * 60_000, "*/*")
    with ThreadPoolExecutor(1) as threads:
        session = IndexSession(IndexReader(Places([url]), ssl.create_default_context(), 1, 1), threads, lambda: None)
        session.begin(heard.put_nowait)
        serving = asyncio.create_task(session.serve())
        session.take(said.getvalue())
        async with asyncio.timeout(10):
            answer = json.loads((await heard.get()).data)
        serving.cancel()
    assert "more than 2048 characters" in answer["error"]
    assert (session.fault, "more than 2048 characters" in session.kept_back) == ("", True)


def test_the_package_and_the_limit_are_named(relay: dict[str, Any]) -> None:
    assert "2001 packages" in relay["fault_of"](LISTS["too many"])
    assert "'aaaa" in relay["fault_of"](LISTS["too long"])
    assert "301 characters" in relay["fault_of"](LISTS["too long"])
    assert "65536" in relay["fault_of"](LISTS["too many characters"])

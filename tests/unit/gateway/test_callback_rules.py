"""Which URLs a result can be delivered to."""

from __future__ import annotations

import pytest

from tests.builders import a_draft
from tests.unit.gateway.violations import fields


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "https://blog.example:8443/a/b?c=d&e=%20",
        "http://127.0.0.1:8080/x",
        "http://[::1]:80/",
        "grpc://blog:50052",
        "grpcs://blog:50052",
        "HTTPS://Blog.example/",
        "judge0+http://h:8080/done?x=1",
        "Judge0+HTTPS://blog.example/",
    ],
)
def test_a_well_formed_callback_is_let_in(url: str) -> None:
    assert fields(a_draft(callback_url=url)) == []


@pytest.mark.parametrize("events", [(), ("FINISHED",), ("CASE", "RUNNING", "FINISHED")])
def test_events_that_there_are_may_be_asked_for_once_each(events: tuple[str, ...]) -> None:
    assert fields(a_draft(callback_url="http://h", callback_events=events)) == []


@pytest.mark.parametrize("events", [("CASE", "CASE"), ("case",), ("7",), ("RUNNING",) * 4])
def test_other_events_are_refused(events: tuple[str, ...]) -> None:
    assert fields(a_draft(callback_url="http://h", callback_events=events)) == ["task.callback.events"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "blog.example/done",
        "//blog.example/",
        "judge0://h/",
        "judge0+grpc://h:1",
        "judge0+ftp://h/",
        "judge0+http://user@h/",
        "judge0+judge0+http://h/",
        "ftp://h/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://:80/",
        "http://user@h/",
        "http://user:pass@h/",
        "http://@h/",
        "http://h:0/",
        "http://h:65536/",
        "http://h:abc/",
        "http://h:/",
        "http://h:-1/",
        "http://h/#x",
        "http://h/#",
        "http://h /",
        "http://h/a b",
        "http://h/\n",
        "ht\ttp://h/",
        "http://h\\@evil/",
        "http://ü.example/",
        "http://[::1/",
        "http://[nonsense]/",
        "http://[v1.future]/",
        "http://[fe80::1%25eth0]/",
        "http://-h/",
        "http://a..b/",
        "http://%68/",
        "grpc://h",
        "grpcs://h",
        "grpcs://h:1/path",
        "grpc://h:1/path",
        "grpc://h:1?x=1",
        "http://h/" + "x" * 2048,
    ],
)
def test_a_malformed_callback_is_refused(url: str) -> None:
    assert fields(a_draft(callback_url=url)) == ["task.callback.url"]


def test_a_host_may_have_253_characters_and_no_more() -> None:
    host = ".".join(["x" * 63] * 3 + ["x" * 61])
    assert fields(a_draft(callback_url=f"http://{host}/")) == []
    assert fields(a_draft(callback_url=f"http://{host}x/")) == ["task.callback.url"]

"""Who may call ``coderunner mcp --http``, with what, and how it ends."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from coderunner.cli.mcp import bounds
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.servers.assistant import serving_http
from tests.unit.cli.command import Cli

ERA_HEADERS: tuple[dict[str, str], ...] = ({}, {"MCP-Protocol-Version": "2026-07-28"})
HELLO = {"language": "python", "code": "x"}
GARBAGE = (
    *(b"", b"{", b"[" * 100_000, b"\xff", b"null"),
    b'{"jsonrpc":"2.0","id":1e999,"method":"x"}',
    b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}',
)
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}},
}


def post(url: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    """The status and the beginning of the answer to one POST."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    try:
        connection.request("POST", parts.path, body, {**usual, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read(1000)
    finally:
        connection.close()


def test_a_page_in_a_browser_may_not_call_it_nor_under_a_name_that_it_has_rebound(environment: dict[str, str]) -> None:
    body = json.dumps(INITIALIZE).encode()
    with serving_http(environment, "--host", "runner.example") as (url, _):
        for era in ERA_HEADERS:
            assert post(url, body, Host="evil.example", **era)[0] == 421
            assert post(url, body, Host="127.0.0.1.evil.example:80", **era)[0] == 421
            assert post(url, body, Origin="http://localhost:3000", **era)[0] == 403
        assert post(url, body, Host="runner.example")[0] == 200
        assert post(url, body)[0] == 200


def test_a_body_that_is_too_large_or_no_message_is_refused_and_the_next_is_served(environment: dict[str, str]) -> None:
    with serving_http(environment) as (url, _):
        for era in ERA_HEADERS:
            assert post(url, b" " * (bounds.MESSAGE_BYTES + 1), **era)[0] == 413
            for garbage in GARBAGE:
                assert 400 <= post(url, garbage, **era)[0] < 500
        assert post(url, json.dumps(INITIALIZE).encode())[0] == 200


def test_callers_who_never_end_their_sessions_keep_nobody_out(environment: dict[str, str]) -> None:
    body = json.dumps(INITIALIZE).encode()
    with serving_http(environment) as (url, _):
        assert {post(url, body)[0] for _ in range(300)} == {200}


@pytest.mark.parametrize("way", ["file", "environment"])
async def test_only_who_shows_the_token_is_let_in(environment: dict[str, str], tmp_path: Path, way: str) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    options = ("--token-file", str(tmp_path / "token")) if way == "file" else ()
    variables = {} if way == "file" else {"CODERUNNER_MCP_TOKEN": "s3cret"}
    with serving_http({**environment, **variables}, *options) as (url, _):
        for wrong in ("", "Bearer", "Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret", "Bearer \xe9"):
            for era in ERA_HEADERS:
                assert post(url, json.dumps(INITIALIZE).encode(), Authorization=wrong, **era)[0] == 401
        with_token = httpx2.AsyncClient(headers={"Authorization": "Bearer s3cret"})
        async with with_token, Client(streamable_http_client(url, http_client=with_token)) as assistant:
            assert not (await assistant.call_tool("run_code", HELLO)).is_error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_well_and_quietly_and_cancels_what_runs(
    gateway: FakeGateway, environment: dict[str, str], number: signal.Signals
) -> None:
    gateway.script = lambda task: Script(ran(), hold=threading.Event())
    with serving_http(environment) as (url, process):
        session = post(url, json.dumps(INITIALIZE).encode())
        assert session[0] == 200
        parts = urlsplit(url)
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "run_code", "arguments": HELLO}}
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "0"},
        }
        call["params"]["_meta"] = meta  # type: ignore[index]  # a dictionary
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": "run_code",
        }
        connection.request("POST", parts.path, json.dumps(call), headers)
        gateway.wait_for("Watch")
        process.send_signal(number)
        assert process.wait(30) == 0
        connection.close()
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == ("", "")
    assert len(gateway.of("Cancel")) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--http", "0.0.0.0:0"], "beyond loopback anybody could run programs; set --token-file, CODERUNNER_MCP_TOKEN"),
        (["--http", "[::]:0"], "beyond loopback"),
        (["--http", "localhost.evil.example:0"], "beyond loopback"),
        (["--http", "8080"], "is not HOST:PORT"),
        (["--http", "127.0.0.1:70000"], "is not HOST:PORT"),
        (["--http", "127.0.0.1:0", "--token-file", "empty"], "is empty"),
        (["--http", "127.0.0.1:0", "--token-file", "spaced"], "visible ASCII characters"),
        (["--open-to-everybody"], "need --http"),
        (["--http", "203.0.113.1:80", "--open-to-everybody"], "cannot listen on 203.0.113.1:80"),
    ],
)
def test_what_it_refuses_to_listen_on_it_says_in_one_line(
    coderunner: Cli, tmp_path: Path, options: list[str], words: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "spaced").write_text("a b")
    done = coderunner("mcp", *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr

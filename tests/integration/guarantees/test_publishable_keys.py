"""Publishable keys on two real gateways behind a proxy: a page of the key's origin runs programs straight over HTTP,
each of its readers is one at both, and the key opens nothing else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from coderunner import Client, Operator, Unauthenticated
from tests.integration.guarantees.keyed_gateways import command, two_gateways
from tests.integration.guarantees.shared_stack import SharedStack
from tests.servers.stack import Gateway
from tests.servers.waiting import eventually

PATIENCE_S = 20.0
REVOKED_WITHIN_S = 5.0
BLOG, EVIL = "https://blog.example", "https://evil.example"
ADA, BOB = "192.0.2.7", "2001:db8:1:2::8"
_FIELDS = ("stdin", "idempotency_key", "labels")
BEHIND_A_PROXY: dict[str, Any] = {"http_trusted_proxies": ["127.0.0.0/8"]}


class Page:
    """A page with a publishable key, in the browsers of its readers."""

    def __init__(self, session: aiohttp.ClientSession, key: str, language: str) -> None:
        self._session = session
        self._key = key
        self._language = language

    async def ask(
        self, verb: str, gateway: Gateway, path: str, *, origin: str = BLOG, reader: str = ADA, **more: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Origin": origin, "X-Forwarded-For": f"10.9.9.9, {reader}"}
        headers |= more.pop("headers", {})
        url = f"http://{gateway.http_target}{path}"
        async with asyncio.timeout(PATIENCE_S), self._session.request(verb, url, headers=headers, **more) as response:
            text = await response.text()
            return response.status, json.loads(text) if "json" in response.content_type else text

    async def run(self, gateway: Gateway, query: str = "", **more: Any) -> tuple[int, Any]:
        fields: dict[str, Any] = {name: more.pop(name) for name in _FIELDS if name in more}
        body = {"language": self._language, "files": [{"content": "(nothing runs)"}], **fields}
        return await self.ask("POST", gateway, f"/v1/executions{query}", json=body, **more)


async def made(tmp_path: Path, gateway: Gateway, *options: str) -> tuple[str, str]:
    """The secret and the id of a new key."""
    of_pages = ("--client", "pages", "--publishable", "--origin", BLOG, *options, "--json")
    answer = json.loads(await command(tmp_path, gateway, "keys", "create", *of_pages))
    assert answer["key"]["origins"] == [BLOG]
    return answer["secret"], answer["key"]["id"]


async def test_a_page_runs_programs_and_nothing_else_until_its_key_is_revoked(
    shared: SharedStack, tmp_path: Path
) -> None:
    await shared.node()
    one, other = await two_gateways(shared, tmp_path, **BEHIND_A_PROXY)
    key, key_id = await made(tmp_path, one)
    async with aiohttp.ClientSession() as session:
        page = Page(session, key, shared.language)
        await eventually(lambda: _serves(page, other, shared.language), 30)
        status, done = await page.run(other, "?wait=15", stdin="echoed")
        assert (status, done["status"], done["run"]["stdout"]) == (201, "SUCCEEDED", "echoed")
        status, told = await page.run(one, headers={"Accept": "text/event-stream"})
        assert (status, "event: result" in told) == (200, True)
        path = f"/v1/executions/{done['id']}"
        assert (await page.ask("GET", one, path, reader=BOB))[0] == 200
        assert (await page.ask("GET", one, path, origin=EVIL))[0] == 403
        for refused in ("/v1/executions", "/v1/nodes", f"{path}/source", f"{path}/callback"):
            assert (await page.ask("GET", one, refused))[0] == 403
        assert (await page.run(one, labels={"a": "b"}))[0] == 400
        async with Client(one.target, key) as client:
            with pytest.raises(Unauthenticated, match="publishable key"):
                await client.languages()
        await command(tmp_path, one, "keys", "revoke", key_id)
        assert (await page.run(one))[0] == 401
        await eventually(lambda: _is_shut(page, other), REVOKED_WITHIN_S)
    async with Operator(one.target, "chief-token") as chief:
        trail = {(record.action, record.outcome, record.client, record.subject) async for record in chief.audit()}
    assert {
        ("CreateKey", "OK", "chief", key_id),
        ("Get", "PERMISSION_DENIED", "pages", key_id),
        ("ListLanguages", "PERMISSION_DENIED", "pages", ""),
    } <= trail


async def test_a_reader_is_the_same_at_both_gateways_and_has_a_rate_of_his_own(
    shared: SharedStack, tmp_path: Path
) -> None:
    await shared.node()
    one, other = await two_gateways(shared, tmp_path, **BEHIND_A_PROXY)
    key, _ = await made(tmp_path, one, "--reader-per-minute", "0.1", "--reader-burst", "3")
    async with aiohttp.ClientSession() as session:
        page = Page(session, key, shared.language)
        await eventually(lambda: _serves(page, other, shared.language), 30)
        named = {"idempotency_key": "the-same"}
        _, mine = await page.run(one, **named)
        assert (await page.run(other, **named))[1]["id"] == mine["id"], "he is one reader"
        assert (await page.run(other, reader=BOB, **named))[1]["id"] != mine["id"], "whose keys are his own"
        found = [(await page.run(one))[0] for _ in range(4)]
        assert (found[0], found[-1]) == (201, 429)
        assert (await page.run(one, reader=BOB))[0] == 201


async def test_without_a_trusted_proxy_nobody_names_himself(shared: SharedStack, tmp_path: Path) -> None:
    await shared.node()
    one, _ = await two_gateways(shared, tmp_path)
    key, _ = await made(tmp_path, one, "--reader-per-minute", "0.1", "--reader-burst", "3")
    async with aiohttp.ClientSession() as session:
        page = Page(session, key, shared.language)
        await eventually(lambda: _serves(page, one, shared.language), 30)
        found = [(await page.run(one, reader=f"192.0.2.{number}"))[0] for number in range(4)]
        assert found == [201, 201, 201, 429]


async def _serves(page: Page, gateway: Gateway, language: str) -> bool:
    status, body = await page.ask("GET", gateway, "/v1/languages")
    return status == 200 and language in [one["name"] for one in body["languages"]]


async def _is_shut(page: Page, gateway: Gateway) -> bool:
    return (await page.ask("GET", gateway, "/v1/languages"))[0] == 401

"""Publishable keys over HTTP: which pages may show one, what it opens, and who counts as whose reader."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, islice, repeat
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.quota import PAGE_READER_CALLS, CallPolicy
from broker_gateway.domain.resource_limit import DEFAULT_LIMITS, LimitRules
from broker_gateway.interfaces.access_log import AccessLog
from broker_gateway.interfaces.method_roles import FOR_PAGES, NEEDED
from schemas.audit import AuditRecord
from schemas.status import Status
from tests.builders import a_result
from tests.unit.chassis.asgi_peers import said
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.http_calls import EVERY_ROUTE, TASK
from tests.unit.gateway.page_calls import ADA, BLOG, BOB, EVIL, EXECUTIONS, OPEN, SECRET, headers, serving_pages

DIALECTS = ("codapi", "piston", "judge0")
ROUTES_OF_DIALECTS = [
    ("POST", "/v1/exec"),
    ("POST", "/api/v2/execute"),
    ("POST", "/submissions"),
    ("GET", "/submissions/x"),
    ("GET", "/api/v2/runtimes"),
]


def test_what_a_publishable_key_opens_is_served() -> None:
    assert set(NEEDED) >= FOR_PAGES


@pytest.mark.parametrize(("verb", "path"), EVERY_ROUTE)
async def test_a_page_may_run_and_follow_programs_and_nothing_else(verb: str, path: str) -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        status, _ = await pages.ask(verb, path, key, json=TASK if verb == "POST" else None)
        assert (status != 403) is ((verb, path) in OPEN)
        assert bool(pages.bus.calls) is ((verb, path) in OPEN - {("GET", "/v1/languages")})


@pytest.mark.parametrize(("verb", "path"), ROUTES_OF_DIALECTS)
async def test_no_dialect_takes_one(verb: str, path: str) -> None:
    async with serving_pages(dialects=DIALECTS) as pages:
        key = await pages.key()
        of_caller = {**headers(key), "X-Auth-Token": key}
        status, _ = await pages.http.ask(verb, path, json={}, headers=of_caller)
        assert status in (401, 403)
        assert pages.bus.calls == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"callback": {"url": "https://blog.example/hook"}}, "callback"),
        ({"labels": {"user": "7"}}, "labels"),
        ({"reader": "somebody"}, "reader"),
        ({"cases": [{"stdin": "1"}]}, "cases"),
        ({"large_result": True}, "large_result"),
        ({"cache": "READ_WRITE"}, "cache"),
        ({"priority": "HIGH"}, "priority"),
        ({"queue_deadline_ms": 60_001}, "queue_deadline_ms"),
        ({"limits": {"cpu_ms": DEFAULT_LIMITS.cpu_ms + 1}}, "limits.cpu_ms"),
        ({"limits": {"memory_bytes": DEFAULT_LIMITS.memory_bytes + 1}}, "limits.memory_bytes"),
    ],
    ids=str,
)
async def test_what_is_its_clients_to_decide_no_stranger_may_ask_for(fields: dict[str, Any], field: str) -> None:
    async with serving_pages() as pages:
        status, problem = await pages.ask("POST", EXECUTIONS, await pages.key(), json={**TASK, **fields})
        assert (status, [one["field"] for one in problem["violations"]]) == (400, [field])
        assert pages.bus.tasks == {}
        status, _ = await pages.http.ask(
            "POST", EXECUTIONS, json={**TASK, **fields}, headers={"Authorization": "Bearer s3cret"}
        )
        assert status == 201, "its client itself may"


async def test_a_readers_task_is_its_clients_and_the_readers_whom_the_gateway_tells_and_is_not_waited_for_long() -> (
    None
):
    async with serving_pages() as pages:
        key = await pages.key()
        task = pages.bus.tasks[await pages.submitted(key, limits={"cpu_ms": 1000}, priority="LOW")]
        assert (task.client, task.limits.cpu_ms, task.limits.wall_ms) == ("blog", 1000, DEFAULT_LIMITS.wall_ms)
        assert task.expires_at_ms == pages.http.gateway.now_ms + 60_000
        assert (len(task.reader), ADA in task.reader) == (32, False)


async def test_a_reader_is_known_by_his_address_and_by_another_name_to_each_key() -> None:
    async with serving_pages() as pages:
        one, other = await pages.key(), await pages.key()

        async def name(key: str, reader: str) -> str:
            return str(pages.bus.tasks[await pages.submitted(key, reader)].reader)

        adas = await name(one, ADA)
        assert adas == await name(one, ADA) == await name(one, f"198.51.100.1, {ADA}")
        assert len({adas, await name(one, BOB), await name(other, ADA)}) == 3
        assert await name(one, "2001:db8:1:2::1") == await name(one, "2001:db8:1:2:ffff::9")
        assert await name(one, "2001:db8:1:2::1") != await name(one, "2001:db8:1:3::1")


async def test_nobody_without_the_gateways_secret_can_tell_a_reader_by_his_address() -> None:
    names = []
    for secret in (SECRET, SECRET, bytes(32)):
        async with serving_pages(secret=secret) as pages:
            pages.keys._entropy = bytes  # the same key each time
            names.append(pages.bus.tasks[await pages.submitted(await pages.key())].reader)
    assert (names[0] == names[1], names[0] == names[2]) == (True, False)


async def test_a_processor_limit_that_is_asked_for_makes_no_time_longer_than_the_usual() -> None:
    usual = msgspec.structs.replace(DEFAULT_LIMITS, cpu_ms=10_000, wall_ms=10_000)
    gateway = GatewayOnFakes(admission=AdmissionPolicy(limits=LimitRules(defaults=usual)))
    async with serving_pages(gateway) as pages:
        task = pages.bus.tasks[await pages.submitted(await pages.key(), limits={"cpu_ms": 10_000})]
        assert (task.limits.cpu_ms, task.limits.wall_ms) == (10_000, 10_000)


async def test_one_readers_rate_takes_nothing_from_another() -> None:
    async with serving_pages() as pages:
        key = await pages.key(reader_rate_per_s=0.001, reader_burst=2)
        assert [(await pages.submit(key))[0] for _ in range(3)] == [201, 201, 429]
        _, problem = await pages.submit(key)
        assert problem["detail"] == "more than 0.001 tasks per second from this reader"
        assert problem["retry_after_ms"] > 1000
        assert (await pages.submit(key, BOB))[0] == 201


async def test_all_readers_together_are_held_to_the_keys_rate() -> None:
    async with serving_pages() as pages:
        key = await pages.key(quota_rate_per_s=0.001, quota_burst=2)
        assert [(await pages.submit(key, f"192.0.2.{number}"))[0] for number in range(3)] == [201, 201, 429]


async def test_a_key_with_no_rate_for_readers_has_a_usual_one() -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        found = [(await pages.submit(key))[0] for _ in range(12)]
        assert (found[:10], found[-1]) == ([201] * 10, 429)


async def test_what_strangers_ask_for_takes_nothing_from_their_client_nor_from_one_another() -> None:
    async with serving_pages(calls=CallPolicy(reads_per_s=0.001, read_burst=300)) as pages:
        key = await pages.key()

        async def read(reader: str) -> int:
            return (await pages.ask("GET", "/v1/languages", key, reader=reader))[0]

        async def refused_after(readers: Iterable[str]) -> int:
            """How many reads are let in before one is not; some more than the burst, where the machine is slow."""
            let_in = 0
            for reader in islice(readers, 1000):
                if await read(reader) == 429:
                    break
                let_in += 1
            return let_in

        of_ada = await refused_after(repeat(ADA))
        assert PAGE_READER_CALLS.read_burst <= of_ada
        assert await read(BOB) == 200
        of_all = await refused_after(f"198.51.{number // 200}.{number % 200}" for number in count())
        assert of_ada + 1 + of_all == 300, "all pages of a client have no more than it has"
        assert (await pages.http.ask("GET", "/v1/languages", headers={"Authorization": "Bearer s3cret"}))[0] == 200


async def test_whoever_knows_an_id_and_has_the_key_may_read_and_cancel_the_task_of_another_reader() -> None:
    async with serving_pages() as pages:
        key, others = await pages.key(), await pages.key(client="school")
        path = f"{EXECUTIONS}/{await pages.submitted(key)}"
        assert (await pages.ask("GET", path, key, reader=BOB))[0] == 200
        assert (await pages.ask("GET", path, others, reader=ADA))[0] == 404
        assert (await pages.ask("DELETE", path, others))[0] == 404
        status, answer = await pages.ask("DELETE", path, key, reader=BOB)
        assert (status, answer["cancelled"]) == (200, True)


async def test_an_idempotency_key_is_its_readers_own() -> None:
    """A stranger who guesses the keys of its client, or of others, would be told what came of their tasks."""
    async with serving_pages() as pages:
        key = await pages.key()
        mine = await pages.submitted(key, idempotency_key="k")
        assert await pages.submitted(key, idempotency_key="k") == mine
        assert await pages.submitted(key, BOB, idempotency_key="k") != mine
        body = {**TASK, "idempotency_key": "k"}
        _, clients = await pages.http.ask("POST", EXECUTIONS, json=body, headers={"Authorization": "Bearer s3cret"})
        assert clients["id"] != mine


async def test_a_page_waits_for_its_task_and_follows_it() -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        of_page = {**headers(key), "Accept": "text/event-stream"}
        async with pages.http.session.post(pages.http.url(EXECUTIONS), json=TASK, headers=of_page) as response:
            assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (200, BLOG)
            (task_id,) = pages.bus.tasks
            pages.bus.finish(a_result(task_id, status=Status.SUCCEEDED))
            assert "event: result" in (await response.text())
        async with pages.http.events(task_id, **headers(key)) as events:
            assert [name for name, _ in await events.all()][-1] == "result"


async def test_a_revoked_key_opens_nothing() -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        assert (await pages.submit(key))[0] == 201
        await pages.keys.revoke(pages.secrets[key])
        assert (await pages.submit(key))[0] == 401


@pytest.mark.parametrize(
    "told", ["1" * 50_000, "," * 50_000, "192.0.2.256", "unknown", '"', ";;;", "[", "\xff"], ids=lambda told: told[:12]
)
async def test_whatever_a_stranger_says_of_his_address_he_is_somebody(told: str) -> None:
    async with serving_pages() as pages:
        key = await pages.key()
        task = pages.bus.tasks[await pages.submitted(key, told)]
        assert task.reader == pages.bus.tasks[await pages.submitted(key, "")].reader, (
            "as all that the proxy cannot tell"
        )


async def test_of_a_refused_page_the_log_and_the_trail_know_which_key_it_showed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audited: list[AuditRecord] = []
    log = AccessLog(every_call=True, audit=audited.append)
    async with serving_pages(GatewayOnFakes()) as pages:
        monkeypatch.setattr(pages.http.noted, "ended", log.ended)
        with capture_logs() as made:
            key = await pages.key(client="school")
        with capture_logs() as lines:
            await pages.ask("GET", "/v1/languages", key, origin=EVIL + "/" * 5000)
            await pages.submitted(key)
    key_id = pages.secrets[key]
    (created,) = made
    assert (created["event"], created["roles"], created["origins"]) == ("key_created", ["page"], (BLOG,))
    refused, taken = [one for one in said(lines) if one["event"] == "call_ended"]
    assert (refused["code"], refused["client"], refused["page_key_id"]) == ("PERMISSION_DENIED", "school", key_id)
    assert (refused["origin"].startswith(EVIL), len(refused["origin"])) == (True, 268)
    assert (taken["code"], taken["page_key_id"], taken["origin"]) == ("OK", key_id, BLOG)
    (record,) = audited
    assert (record.action, record.outcome, record.client, record.subject) == (
        *("ListLanguages", "PERMISSION_DENIED"),
        *("school", key_id),
    )

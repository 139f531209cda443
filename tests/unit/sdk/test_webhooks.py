"""What the SDK takes for a callback of CodeRunner's, and what it does with one that comes twice."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web

from broker_gateway.application.callback_delivery import idempotency_key
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.identification import Identification, Identifications
from broker_gateway.infrastructure.callbacks.webhook import WebhookTransport
from coderunner import Execution, Progress, Status
from coderunner.errors import CodeRunnerError
from coderunner.webhooks import MemorySeen, SeenBefore, WebhookError, receive
from coderunner.webhooks.receiving import MAX_BODY_BYTES
from schemas import status as wire_status
from tests.builders import an_execution, some_progress
from tests.fakes.callback_endpoint import serving

NEW, OLD, OTHER = ("whsec_" + letter * 32 for letter in "NOX")
NOW_S = int(time.time())


def body_of(task_id: str = "t1", **changes: Any) -> bytes:
    return msgspec.json.encode(an_execution(task_id, **changes))


def signed(body: bytes, *secrets: str, message_id: str = "t1", at_s: int = NOW_S) -> dict[str, str]:
    """The headers that a gateway sends with it."""
    return Identification.of(secrets or [NEW], {}).headers(message_id, body, at_s)


def received(
    headers: dict[str, str], body: bytes, secrets: str | list[str] = NEW, seen: MemorySeen | None = None
) -> Execution | None:
    with receive(headers, body, secrets=secrets, seen=seen or MemorySeen(), now_s=lambda: NOW_S) as execution:
        return execution


def refusal(headers: dict[str, str], body: bytes, secrets: str | list[str] = NEW) -> WebhookError:
    with pytest.raises(WebhookError) as refused:
        received(headers, body, secrets)
    assert NEW.removeprefix("whsec_") not in str(refused.value)
    return refused.value


def test_a_callback_becomes_the_execution_that_get_would_return() -> None:
    body = body_of(status=wire_status.Status.FAILED, error="Größe 😀")
    found = received(signed(body), body)
    assert found is not None
    assert (found.id, found.status, found.error) == ("t1", Status.FAILED, "Größe 😀")
    assert found.run is not None
    assert (found.run.stdout, found.run.peak_memory_bytes, found.run.signal) == ("42\n", 8 << 20, None)
    assert found.finished_at_ms == 1050


@pytest.mark.parametrize("secrets", [NEW, [NEW], [OTHER, NEW], [NEW.removeprefix("whsec_")]])
def test_one_of_several_secrets_is_enough(secrets: str | list[str]) -> None:
    body = body_of()
    assert received(signed(body), body, secrets)


@pytest.mark.parametrize("known", [NEW, OLD])
def test_while_secrets_change_whoever_knows_one_of_two_takes_it(known: str) -> None:
    body = body_of()
    assert received(signed(body, NEW, OLD), body, known)


def test_a_strangers_signature_a_changed_body_and_another_id_are_refused() -> None:
    body = body_of()
    assert refusal(signed(body, OTHER), body).status == 401
    assert refusal(signed(body), body + b" ").status == 401
    assert refusal(signed(body) | {"webhook-id": "t2"}, body).status == 401
    assert refusal(signed(body) | {"webhook-timestamp": str(NOW_S + 1)}, body).status == 401


@pytest.mark.parametrize(("late_s", "is_taken"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_signature_is_good_for_five_minutes(late_s: int, is_taken: bool) -> None:
    body = body_of()
    headers = signed(body, at_s=NOW_S - late_s)
    if is_taken:
        assert received(headers, body)
    else:
        assert refusal(headers, body).status == 401


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "é", "x" * 100_000, "-1", "1e9", "v2,AAAA", "v1,", "v1,é", "\u0665"])
def test_headers_that_are_missing_or_no_headers_are_refused(name: str, value: str | None) -> None:
    body = body_of()
    headers = {key: one for key, one in signed(body).items() if key != name}
    assert refusal(headers if value is None else headers | {name: value}, body).status == 401


def test_the_case_of_headers_makes_no_difference() -> None:
    body = body_of()
    assert received({name.title(): value for name, value in signed(body).items()}, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"7",
        b"{}",
        b"[" * 99_999,
        b"\xff",
        b'{"id": 7}',
        b'{"status": {}}',
        b'{"id": "\\ud800"}',
    ],
)
def test_what_is_signed_and_is_no_execution_is_refused(body: bytes) -> None:
    assert refusal(signed(body), body).status == 400


def test_fields_of_a_newer_gateway_are_passed_over() -> None:
    body = body_of()[:-1] + b', "of_tomorrow": {"a": [1]}}'
    assert received(signed(body), body)


def test_a_state_of_a_newer_gateway_is_not_taken_and_may_come_again() -> None:
    body, seen = body_of().replace(b"SUCCEEDED", b"DREAMT"), MemorySeen()
    with pytest.raises(CodeRunnerError, match="upgrade coderunner"):
        received(signed(body), body, seen=seen)
    assert seen.begin("t1") is SeenBefore.NO


def test_a_body_beyond_any_result_is_refused_before_it_is_looked_at() -> None:
    assert refusal({}, b"x" * (MAX_BODY_BYTES + 1)).status == 413


@pytest.mark.parametrize("secrets", ["", [], "whsec_", "whsec_not base64", ["é"]])
def test_secrets_that_are_none_are_the_callers_error_and_never_let_anything_in(secrets: str | list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        received(signed(b"{}"), b"{}", secrets)


def test_a_callback_that_comes_twice_is_handled_once() -> None:
    body, seen = body_of(), MemorySeen()
    assert received(signed(body), body, seen=seen) is not None
    assert received(signed(body), body, seen=seen) is None
    again = signed(body, message_id="t1-7")  # an operator had the task run once more
    assert received(again, body, seen=seen) is not None


def test_a_callback_that_was_not_handled_may_come_again() -> None:
    body, seen = body_of(), MemorySeen()
    with pytest.raises(KeyError), receive(signed(body), body, secrets=NEW, seen=seen, now_s=lambda: NOW_S):
        raise KeyError
    assert received(signed(body), body, seen=seen) is not None


def test_a_callback_that_comes_while_it_is_being_handled_is_put_off() -> None:
    body, seen = body_of(), MemorySeen()
    with receive(signed(body), body, secrets=NEW, seen=seen, now_s=lambda: NOW_S):
        with pytest.raises(WebhookError) as refused:
            received(signed(body), body, seen=seen)
        assert refused.value.status == 503
    assert received(signed(body), body, seen=seen) is None


def test_one_process_remembers_without_being_told_of_a_store() -> None:
    body = body_of("only-here")
    for is_first in (True, False):
        headers = signed(body, message_id="only-here")
        with receive(headers, body, secrets=NEW, now_s=lambda: NOW_S) as execution:
            assert (execution is not None) is is_first


def test_of_what_was_handled_the_newest_is_remembered() -> None:
    seen = MemorySeen(max_ids=2)
    for message_id in ("a", "b", "c"):
        assert seen.begin(message_id) is SeenBefore.NO
        seen.end(message_id, handled=True)
    assert [seen.begin(message_id) for message_id in ("a", "b", "c")] == [
        SeenBefore.NO,
        SeenBefore.YES,
        SeenBefore.YES,
    ]


def test_of_many_threads_one_handles_a_callback() -> None:
    seen, found = MemorySeen(), []
    start = threading.Barrier(16)

    def take() -> None:
        start.wait()
        found.append(seen.begin("a"))

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.name for one in found) == ["NO", *["UNDER_WAY"] * 15]


async def progress_sent(case: int | None = None, attempt: int = 1) -> tuple[dict[str, str], bytes]:
    """What the gateway's own transport sends of it."""
    sent: list[tuple[dict[str, str], bytes]] = []

    async def keep(request: web.Request) -> web.Response:
        sent.append((dict(request.headers), await request.read()))
        return web.Response(status=204)

    known = Identifications(Identification.of([NEW], {}), now_s=lambda: NOW_S)
    transport = WebhookTransport(AddressGuard(["127.0.0.0/8"]), timeout_s=5, user_agent="x", identifications=known)
    async with serving(keep) as url:
        message = some_progress(url=url, case=case, attempt=attempt)
        key = idempotency_key(message.callback, message.progress)
        await transport.deliver(url, message.progress, key)
        await transport.close()
    return sent[0]


async def test_progress_is_an_execution_that_runs_with_what_is_told_of_it() -> None:
    running = received(*await progress_sent())
    assert isinstance(running, Progress)
    assert (running.id, running.status, running.event, running.case_index) == ("t1", Status.RUNNING, "RUNNING", None)
    case = received(*await progress_sent(case=2, attempt=2))
    assert isinstance(case, Progress)
    assert (case.event, case.case_index, case.cases[0].verdict) == ("CASE", 2, "ACCEPTED")
    assert case.cases[0].stage is not None
    assert case.cases[0].stage.stdout == "42\n"
    assert case.sequence > running.sequence


async def test_progress_that_comes_twice_is_handled_once_and_hides_no_result() -> None:
    seen = MemorySeen()
    headers, body = await progress_sent()
    assert received(headers, body, seen=seen) is not None
    assert received(headers, body, seen=seen) is None
    assert received(*await progress_sent(case=0), seen=seen) is not None
    end = body_of()
    assert isinstance(received(signed(end), end, seen=seen), Execution)


async def test_progress_has_the_form_that_standard_webhooks_recommends() -> None:
    _, body = await progress_sent(case=0)
    said = json.loads(body)
    assert set(said) == {"type", "timestamp", "data"}
    assert said["type"] == "execution.case"
    assert datetime.fromisoformat(said["timestamp"]).timestamp() * 1000 == said["data"]["at_ms"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "execution.running", "data": 7}',
        b'{"type": "execution.running", "data": []}',
        b'{"type": "execution.running", "data": {"event": "RUNNING"}}',
        b'{"type": "execution.running", "data": {"event": "WALKING", "execution": {"id": "t1", "status": "RUNNING"}}}',
        b'{"type": "execution.running", "data": {"sequence": -1, "execution": {"id": "t1"}}}',
        b'{"type": ["execution.running"], "data": {}}',
        b'{"type": "execution.of_a_later_version", "data": {}}',
    ],
)
def test_what_is_no_progress_is_refused(body: bytes) -> None:
    assert refusal(signed(body), body).status == 400

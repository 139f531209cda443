"""What the SDK takes for a callback of CodeRunner's, and what it does with one that comes twice."""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
import pytest

from broker_gateway.infrastructure.callbacks.identification import Identification
from coderunner import Execution, Status
from coderunner.errors import CodeRunnerError
from coderunner.webhooks import MemorySeen, SeenBefore, WebhookError, receive
from coderunner.webhooks.receiving import MAX_BODY_BYTES
from schemas import status as wire_status
from tests.builders import an_execution

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
    with pytest.raises(KeyError), receive(signed(body), body, secrets=NEW, seen=seen):
        raise KeyError
    assert received(signed(body), body, seen=seen) is not None


def test_a_callback_that_comes_while_it_is_being_handled_is_put_off() -> None:
    body, seen = body_of(), MemorySeen()
    with receive(signed(body), body, secrets=NEW, seen=seen):
        with pytest.raises(WebhookError) as refused:
            received(signed(body), body, seen=seen)
        assert refused.value.status == 503
    assert received(signed(body), body, seen=seen) is None


def test_one_process_remembers_without_being_told_of_a_store() -> None:
    body = body_of("only-here")
    for is_first in (True, False):
        with receive(signed(body, message_id="only-here"), body, secrets=NEW) as execution:
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

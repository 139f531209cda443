"""The blog's own backend, in each web framework, against a scripted gateway."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from uuid import UUID

import grpc
import pytest
from django.db import connections
from django.utils.asyncio import async_unsafe

from coderunner import Client, Limits
from coderunner.backend import Backend, Policy
from coderunner.backend.scripts import SCRIPTS
from coderunner.v1 import execution_pb2
from tests.fakes.answers import chunk, queue_full, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.sdk.backend.mounted import ADA, BOB, EXECUTIONS, FRAMEWORKS, HOST, PROGRAM, Mounted, events, output

POLICY = Policy(
    languages=("python", "cpp"), limits=Limits(cpu_ms=5_000, wall_ms=10_000), cache="READ_WRITE", max_files=3
)
KEY = "018f0000-0000-7000-8000-00000000abcd"


def backend_of(gateway: FakeGateway, policy: Policy = POLICY) -> Backend:
    return Backend(Client(gateway.target, "secret", connect_timeout_s=0.2, patience_s=0.2), policy)


@pytest.fixture(params=FRAMEWORKS)
def mounted(request: pytest.FixtureRequest, gateway: FakeGateway) -> Iterator[Mounted]:
    with FRAMEWORKS[request.param](backend_of(gateway)) as mounted:
        yield mounted


async def test_a_program_is_run_and_its_reader_is_told_all_of_it(gateway: FakeGateway, mounted: Mounted) -> None:
    gateway.script = lambda task: Script(ran("a\nb\n", stderr="\u2028</script>"), live=[chunk("a\n")])
    answer = await mounted.run()
    told = events(answer)
    assert [one.name for one in told] == ["state", "state", "output", "output", "output", "result"]
    assert output(told) == "a\nb\n"
    assert {one.data["id"] for one in told} == {told[0].data["id"]}
    result = told[-1].data
    assert (result["status"], result["run"]["stderr"]) == ("SUCCEEDED", "\u2028</script>")
    assert answer.headers["cache-control"] == "no-store"
    assert "node-1" not in answer.text


async def test_the_gateway_is_told_of_bounds_and_of_a_reader_whom_it_does_not_know(
    gateway: FakeGateway, mounted: Mounted
) -> None:
    await mounted.run({**PROGRAM, "stdin": "27\n", "limits": {"wall_ms": 500}, "idempotency_key": KEY})
    task = gateway.of("SubmitAndWatch")[0].task
    assert (task.stdin, task.limits.wall_ms, task.limits.cpu_ms) == ("27\n", 500, 5_000)
    assert (task.queue_deadline_ms, task.cache) == (60_000, execution_pb2.Task.READ_WRITE)
    assert re.fullmatch("[0-9a-f]{32}", task.reader)
    assert (UUID(task.idempotency_key).version, task.idempotency_key[:13]) == (7, KEY[:13])


async def test_a_key_is_its_readers_own(gateway: FakeGateway, mounted: Mounted) -> None:
    again = {**PROGRAM, "idempotency_key": KEY}
    ids = [events(await mounted.run(again, reader=reader))[0].data["id"] for reader in (ADA, ADA, BOB)]
    assert ids[0] == ids[1] != ids[2]
    assert KEY not in {one.task.idempotency_key for one in gateway.of("SubmitAndWatch")}


async def test_a_reader_comes_back_to_where_he_was(gateway: FakeGateway, mounted: Mounted) -> None:
    gateway.script = lambda task: Script(ran("a\nb\n"), live=[chunk("a\n")])
    told = events(await mounted.run())
    at = f"{EXECUTIONS}/{told[0].data['id']}/events"
    seen = next(one for one in told if one.name == "output")
    again = events(await mounted.ask("GET", at, headers={"Last-Event-ID": seen.id}))
    assert [one.data["text"] for one in again if one.name == "output"] == ["b\n"]
    assert again[-1].name == "result"
    for nonsense in ("", "9" * 5_000, "1.2", "0.0.0.0.-1"):
        assert output(events(await mounted.ask("GET", at, headers={"Last-Event-ID": nonsense}))) == "a\nb\n"
    assert (await mounted.ask("GET", at, headers={"Last-Event-ID": told[-1].id})).status_code == 204


async def test_who_claims_to_have_seen_more_than_there_was_is_told_the_result(
    gateway: FakeGateway, mounted: Mounted
) -> None:
    told = events(await mounted.run())
    at = f"{EXECUTIONS}/{told[0].data['id']}/events"
    again = events(await mounted.ask("GET", at, headers={"Last-Event-ID": "1.0.0.999999.0"}))
    assert [one.name for one in again if one.name != "state"] == ["result"]


async def test_strangers_watch_and_cancel_nothing(gateway: FakeGateway, mounted: Mounted) -> None:
    handle = events(await mounted.run())[0].data["id"]
    task_id, _, tag = handle.rpartition(".")
    asked = len(gateway.calls)
    other = "A" if tag[0] != "A" else "B"
    for guess in (
        task_id,
        f"{task_id}.",
        f"{task_id}.{other}{tag[1:]}",
        f"x{handle}",
        f"{handle}x",
        "x" * 4_000,
        "%00",
    ):
        assert (await mounted.ask("GET", f"{EXECUTIONS}/{guess}/events")).status_code == 404
        assert (await mounted.ask("DELETE", f"{EXECUTIONS}/{guess}")).status_code == 404
    assert len(gateway.calls) == asked


async def test_a_reader_cancels_his_own(gateway: FakeGateway, mounted: Mounted) -> None:
    handle = events(await mounted.run())[0].data["id"]
    answer = await mounted.ask("DELETE", f"{EXECUTIONS}/{handle}")
    assert (answer.status_code, answer.json()["cancelled"]) == (200, False)
    assert answer.json()["execution"]["id"] == handle
    assert len(gateway.of("Cancel")) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff",
        b'{"language": "python", "files": 1}',
        b'{"language": "python", "files": []}',
        b'{"language": "python", "files": [{}, {}]}',
        b'{"language": "python", "files": [1]}',
        b'{"language": "python", "files": [{"content": 1}]}',
        b'{"language": "python", "files": [{"content": "\\ud800"}]}',
        b'{"language": "python", "files": [{"data": "?"}]}',
        b'{"language": "python", "files": [{"data": 7}]}',
        b'{"language": "python", "files": [{"content": "", "mode": 7}]}',
        b'{"language": "python", "files": [' + b",".join(b'{"name": "%d"}' % n for n in range(4)) + b"]}",
        b'{"language": "rust", "files": [{}]}',
        b'{"language": ["python"], "files": [{}]}',
        b'{"language": "python", "files": [{}], "limits": {"wall_ms": 10001}}',
        b'{"language": "python", "files": [{}], "limits": {"wall_ms": 0}}',
        b'{"language": "python", "files": [{}], "limits": {"wall_ms": true}}',
        b'{"language": "python", "files": [{}], "limits": {"wall_ms": 1e99}}',
        b'{"language": "python", "files": [{}], "limits": {"memory_bytes": 1}}',
        b'{"language": "python", "files": [{}], "limits": {"__class__": 1}}',
        b'{"language": "python", "files": [{}], "limits": {"wall_ms": ' + b"7" * 5_000 + b"}}",
        b'{"language": "python", "files": [{}], "args": "ab"}',
        b'{"language": "python", "files": [{}], "args": [1]}',
        b'{"language": "python", "files": [{}], "idempotency_key": "' + b"k" * 200 + b'"}',
        b'{"language": "python", "files": [{}], "callback": {"url": "http://10.0.0.1"}}',
        b'{"language": "python", "files": [{}], "reader": "somebody else"}',
        b'{"language": "python", "files": [{}], "priority": "HIGH"}',
        b'{"language": "python", "files": [{}], "' + b"n" * 100_000 + b'": 1}',
    ],
)  # fmt: skip
async def test_what_is_no_program_or_more_than_readers_may_is_refused(
    gateway: FakeGateway, mounted: Mounted, body: bytes
) -> None:
    answer = await mounted.ask("POST", EXECUTIONS, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert len(answer.content) < 2_000
    assert not gateway.calls


async def test_a_program_that_is_too_large_is_refused(gateway: FakeGateway, mounted: Mounted) -> None:
    program = {"language": "python", "files": [{"content": "x" * POLICY.max_body_bytes}]}
    assert (await mounted.run(program)).status_code == 413
    assert not gateway.calls


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://[broken"},
        {"Origin": f"http://{HOST}.elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_starts_and_ends_nothing(
    gateway: FakeGateway, mounted: Mounted, headers: dict[str, str]
) -> None:
    headers = {"Content-Type": "application/json", **headers}
    answer = await mounted.ask("POST", EXECUTIONS, content=b"{}", headers=headers)
    assert answer.status_code in (403, 415)
    if "Origin" in headers or "Sec-Fetch-Site" in headers:
        assert (await mounted.ask("DELETE", f"{EXECUTIONS}/any", headers=headers)).status_code == 403
    assert not gateway.calls


async def test_the_blogs_own_page_may(mounted: Mounted) -> None:
    headers = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
    assert (await mounted.run(headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (queue_full(3), 429, "Many readers"),
        (grpc.StatusCode.FAILED_PRECONDITION, 400, "as the script says"),
        (grpc.StatusCode.UNAUTHENTICATED, 502, "Something broke on the server."),
        (grpc.StatusCode.INTERNAL, 502, "Something broke on the server."),
    ],
)
async def test_a_refusal_is_told_in_words_for_readers(
    gateway: FakeGateway, mounted: Mounted, failure: grpc.StatusCode, status: int, words: str
) -> None:
    gateway.failures = [failure]
    answer = await mounted.run()
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    if status == 429:
        assert (answer.headers["retry-after"], answer.json()["retry_after_ms"]) == ("3", 3000)


async def test_a_gateway_that_is_away_is_told_in_words(gateway: FakeGateway, mounted: Mounted) -> None:
    gateway.stop()
    answer = await mounted.run()
    assert (answer.status_code, gateway.target in answer.text) == (503, False)


async def test_a_gateway_that_goes_away_is_told_in_the_stream(gateway: FakeGateway, mounted: Mounted) -> None:
    gateway.script = lambda task: Script(ran(), hold=threading.Event(), cut_watches=1)

    def end_it() -> None:
        gateway.wait_for("Watch")
        gateway.stop()

    threading.Thread(target=end_it).start()
    told = events(await mounted.run())
    assert (told[-1].name, told[-1].data["status"]) == ("error", 503)


@pytest.mark.parametrize("framework", FRAMEWORKS)
async def test_a_reader_runs_so_many_programs_a_minute_and_another_one_is_none_the_worse(
    gateway: FakeGateway, framework: str
) -> None:
    with FRAMEWORKS[framework](backend_of(gateway, Policy(runs_per_minute=2))) as mounted:
        statuses = [(await mounted.run()).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await mounted.run(reader=BOB)).status_code == 200
        assert int((await mounted.run()).headers["retry-after"]) in range(1, 31)
    assert len(gateway.of("SubmitAndWatch")) == 3


@pytest.mark.parametrize("framework", FRAMEWORKS)
async def test_the_blog_knows_its_readers_better(gateway: FakeGateway, framework: str) -> None:
    policy = Policy(runs_per_minute=1)
    with FRAMEWORKS[framework](
        backend_of(gateway, policy), reader=lambda request: request.headers["x-user"]
    ) as mounted:
        for user, status in (("ada", 200), ("bob", 200), ("ada", 429)):
            assert (await mounted.run(headers={"X-User": user})).status_code == status
    readers = [one.task.reader for one in gateway.of("SubmitAndWatch")]
    assert readers[0] != readers[1]
    assert "ada" not in readers[0]


@pytest.mark.parametrize("framework", ["django-asgi", "django-wsgi"])
async def test_a_blog_on_django_asks_its_database_who_reads_and_has_a_transaction_for_each_request(
    gateway: FakeGateway, framework: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = async_unsafe("not from a coroutine")(lambda request: request.headers["x-user"])
    with FRAMEWORKS[framework](backend_of(gateway), reader=asks) as mounted:
        monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
        assert output(events(await mounted.run(headers={"X-User": "ada"}))) == "hello\n"


async def test_the_script_comes_from_the_blog_itself(mounted: Mounted) -> None:
    for name, media_type in SCRIPTS.items():
        answer = await mounted.ask("GET", f"/code/page/{name}")
        assert answer.headers["content-type"].startswith(media_type)
        again = await mounted.ask("GET", f"/code/page/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


async def test_there_are_no_callbacks_where_there_is_no_secret(mounted: Mounted) -> None:
    assert (await mounted.ask("POST", "/code/callbacks", json={})).status_code == 404


@pytest.mark.parametrize(
    ("verb", "path"), [("GET", EXECUTIONS), ("PUT", f"{EXECUTIONS}/x"), ("POST", f"{EXECUTIONS}/x")]
)
async def test_other_methods_are_not_there(gateway: FakeGateway, mounted: Mounted, verb: str, path: str) -> None:
    assert (await mounted.ask(verb, path)).status_code == 405
    assert not gateway.calls

"""What Judge0's API tells of the service, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from broker_gateway.interfaces.http.judge0.tokens import task_id_of
from tests.unit.gateway.http_calls import serving_http
from tests.unit.gateway.judge0_calls import HELLO, TOKENS, UNKNOWN, serving, submitted, with_cpp


async def test_nothing_can_be_deleted() -> None:
    async with serving() as calls:
        token = await submitted(calls)
        assert await calls.ask("DELETE", f"/submissions/{token}") == (400, {"error": "delete not allowed"})
        assert task_id_of(token) in calls.gateway.bus.tasks


@pytest.mark.parametrize(
    "known",
    [
        {"headers": {"X-Auth-Token": "secret-of-the-judge", "X-Auth-User": "anything"}},
        {"params": {"X-Auth-Token": "secret-of-the-judge"}},
        {"headers": {"Authorization": "Bearer secret-of-the-judge"}},
    ],
)
async def test_a_caller_is_known_by_his_token(known: dict[str, Any]) -> None:
    async with serving(tokens=TOKENS) as calls:
        for verb, path in (("POST", "/authenticate"), ("POST", "/authorize"), ("GET", "/languages")):
            assert (await calls.ask(verb, path, **known))[0] == 200
        status, body = await calls.ask("POST", "/submissions", json=HELLO, **known)
        assert status == 201
        assert calls.gateway.bus.tasks[task_id_of(body["token"])].client == "judge"
        path = f"/submissions/{body['token']}"
        assert (await calls.ask("GET", path, **known))[0] == 200
        assert len((await calls.ask("GET", "/submissions", **known))[1]["submissions"]) == 1
        others = {"X-Auth-Token": "secret-of-another"}
        assert (await calls.ask("GET", path, headers=others))[0] == 404
        assert (await calls.ask("GET", "/submissions", headers=others))[1]["submissions"] == []
        batch = await calls.ask("GET", f"/submissions/batch?tokens={body['token']}", headers=others)
        assert batch == (200, {"submissions": [None]})


@pytest.mark.parametrize("headers", [{}, {"X-Auth-Token": "wrong"}, {"X-Auth-User": "secret-of-the-judge"}])
async def test_who_is_not_known_is_told_nothing(headers: dict[str, str]) -> None:
    async with serving(tokens=TOKENS) as calls:
        for verb, path in (
            *(("POST", "/authenticate"), ("POST", "/authorize"), ("POST", "/submissions")),
            *(("POST", "/submissions/batch"), ("GET", "/submissions"), ("GET", f"/submissions/{UNKNOWN}")),
            *(("GET", "/submissions/batch"), ("DELETE", f"/submissions/{UNKNOWN}"), ("GET", "/languages")),
            *(("GET", "/about"), ("GET", "/config_info"), ("GET", "/workers"), ("GET", "/statistics")),
        ):
            status, body = await calls.ask(verb, path, headers=headers)
            assert (status, list(body)) == (401, ["error"]), path


async def test_languages_are_those_that_nodes_serve_and_the_others_are_archived() -> None:
    async with serving(with_cpp()) as calls:
        _, served = await calls.ask("GET", "/languages")
        assert [one["id"] for one in served] == [52, 53, 54, 71]
        assert served[-1] == {"id": 71, "name": "Python (3.8.1)"}
        _, known = await calls.ask("GET", "/languages/all")
        assert sorted(one["id"] for one in known) == list(range(43, 90))
        assert {one["id"] for one in known if not one["is_archived"]} == {52, 53, 54, 71}
        _, one = await calls.ask("GET", "/languages/71")
        assert (one["name"], one["is_archived"], one["source_file"]) == ("Python (3.8.1)", False, "script.py")


async def test_statuses_are_judge0s() -> None:
    async with serving() as calls:
        _, statuses = await calls.ask("GET", "/statuses")
    assert [one["id"] for one in statuses] == list(range(1, 15))
    assert [one["description"] for one in statuses] == [
        *("In Queue", "Processing", "Accepted", "Wrong Answer", "Time Limit Exceeded", "Compilation Error"),
        *("Runtime Error (SIGSEGV)", "Runtime Error (SIGXFSZ)", "Runtime Error (SIGFPE)", "Runtime Error (SIGABRT)"),
        *("Runtime Error (NZEC)", "Runtime Error (Other)", "Internal Error", "Exec Format Error"),
    ]


async def test_what_judge0_says_of_itself_is_true_of_this_gateway() -> None:
    async with serving() as calls:
        _, about = await calls.ask("GET", "/about")
        assert (about["version"], await calls.ask("GET", "/version")) == ("1.13.1", (200, "1.13.1"))
        assert all(isinstance(about[name], str) for name in ("homepage", "source_code", "maintainer"))
        _, config = await calls.ask("GET", "/config_info")
        assert len(config) >= 40
        assert (config["cpu_time_limit"], config["max_cpu_time_limit"], config["memory_limit"]) == (5.0, 60.0, 262144)
        asked = ("max_submission_batch_size", "max_number_of_runs", "stack_limit")
        assert [config[name] for name in asked] == [20, 1, 8192]
        assert [config[name] for name in ("enable_network", "enable_submission_delete")] == [False] * 2
        assert [config[name] for name in ("enable_callbacks", "enable_additional_files")] == [True] * 2
        assert [config[name] for name in ("callbacks_max_tries", "callbacks_timeout")] == [12, 10.0]
        assert config["max_extract_size"] == 256
        workers = {"available": 4, "idle": 4, "working": 0, "paused": 0, "failed": 0}
        assert await calls.ask("GET", "/workers") == (200, [{"queue": "default", "size": 0, **workers}])
        assert (await calls.ask("GET", "/system_info"))[1]["Nodes"] == "1"
        assert (await calls.ask("GET", "/statistics"))[1]["submissions"]["total"] is None
        for path in ("/license", "/isolate"):
            assert "CodeRunner" in (await calls.ask("GET", path))[1]


async def test_judge0s_editor_may_ask_from_its_page() -> None:
    async with serving(origins=("https://ide.example",)) as calls:
        headers = {
            "Origin": "https://ide.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-rapidapi-key,x-auth-token",
        }
        async with calls.session.options(calls.url("/submissions?wait=false"), headers=headers) as response:
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == "https://ide.example"


async def test_a_path_may_end_with_a_slash() -> None:
    async with serving() as calls:
        status, body = await calls.ask("POST", "/submissions/", json=HELLO, allow_redirects=False)
        assert status == 201
        assert (await calls.ask("GET", f"/submissions/{body['token']}/", allow_redirects=False))[0] == 200


async def test_a_gateway_that_does_not_speak_it_has_none_of_it() -> None:
    async with serving_http() as calls:
        assert (await calls.ask("POST", "/submissions", json=HELLO))[0] == 404
        assert (await calls.ask("GET", "/languages"))[0] == 404

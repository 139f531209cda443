"""Callbacks of submissions over Judge0's API: what is asked for, and what is told."""

from __future__ import annotations

import base64
import json

import pytest

from broker_gateway.application.ports import DeliveryError
from broker_gateway.domain.seals import Seals
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.submitted import SubmittedAddresses
from broker_gateway.interfaces.http.judge0.fields import DEFAULT
from broker_gateway.interfaces.http.judge0.languages import MULTI_FILE, language_of
from broker_gateway.interfaces.http.judge0.telling import told_submission
from broker_gateway.interfaces.http.judge0.tokens import task_id_of, token_of
from schemas.status import Status
from schemas.task import Callback
from tests.builders import a_draft, a_stage, a_task, an_execution, some_progress
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.judge0_calls import post, serving, submitted
from tests.unit.gateway.violations import fields


async def test_a_callback_is_kept_with_the_way_in_which_it_is_told() -> None:
    async with serving() as calls:
        token = await submitted(calls, callback_url="HTTPS://blog.example:8443/done?x=1")
        task = calls.gateway.bus.tasks[task_id_of(token)]
        assert task.callback == Callback(url="judge0+HTTPS://blog.example:8443/done?x=1")
        _, body = await calls.ask("GET", f"/submissions/{token}?fields=callback_url")
        assert body == {"callback_url": None}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("grpc://blog:1", "must start with http:// or https://"),
        ("judge0+http://blog/", "must start with http:// or https://"),
        ("file:///etc/passwd", "must start with http:// or https://"),
        (7, "must start with http:// or https://"),
        ("http://user:password@blog/", "must not contain credentials"),
        ("http://", "must name a host"),
        ("http://blog/" + "x" * 2048, "must have at most 2048 characters"),
        ("http://169.254.169.254/latest/meta-data", "not allowed"),
        ("http://localhost:8081/", "not allowed"),
    ],
)
async def test_where_callbacks_do_not_go_is_refused(url: object, words: str) -> None:
    gateway = GatewayOnFakes(callback_refusal=SubmittedAddresses(AddressGuard()).refusal)
    async with serving(gateway) as calls:
        status, body = await post(calls, callback_url=url)
        assert (status, list(body)) == (422, ["callback_url"])
        assert words in body["callback_url"][0]
        assert not gateway.bus.tasks


async def test_what_is_told_is_a_submission_of_default_fields_in_base64() -> None:
    execution = an_execution("0193b9a0000070008000000000000001", Status.FAILED, run=a_stage("é" * 50, exit_code=1))
    told = json.loads(await told_submission(execution))
    assert tuple(told) == DEFAULT
    assert (told["token"], told["status"]["id"]) == (token_of(execution.id), 11)
    assert base64.b64decode(told["stdout"]).decode() == "é" * 50
    assert told["stdout"].index("\n") == 60


async def test_a_long_output_is_told_whole() -> None:
    execution = an_execution("t", Status.SUCCEEDED, run=a_stage("x" * (1 << 20)))
    told = json.loads(await told_submission(execution))
    assert base64.b64decode(told["stdout"]) == b"x" * (1 << 20)


async def test_progress_is_not_told() -> None:
    with pytest.raises(DeliveryError) as refusal:
        await told_submission(some_progress().progress)
    assert refusal.value.permanent
    asked = a_draft(callback_url="judge0+http://blog/", callback_events=("RUNNING",))
    assert fields(asked) == ["task.callback.events"]
    assert fields(a_draft(callback_url="judge0+http://blog/", callback_events=("FINISHED",))) == []


def test_the_seal_binds_the_way_in_which_it_is_told() -> None:
    seals = Seals(["a secret of the gateways, of 32 characters"])
    task = seals.sealed(a_task(callback=Callback(url="judge0+http://blog/")))
    assert seals.binds_task(task)
    forged = a_task(task.id, callback=Callback(url="http://blog/"))
    assert seals.sealed(forged).seal.split(".")[1] != task.seal.split(".")[1]


def test_a_bash_task_of_ours_is_no_program_of_many_files() -> None:
    known = language_of("bash")
    assert known is not None
    assert known.id != MULTI_FILE

"""``run(…, timeout=…)``: the caller gives up, and the task is cancelled."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest

from coderunner import Client, CodeRunnerError, Execution, Output, Status, SyncClient, TimedOut
from coderunner.v1 import execution_pb2
from tests.fakes.answers import chunk, queue_full, ran
from tests.fakes.fake_gateway import FakeGateway, Script


def never_ends(gateway: FakeGateway, *printed: str) -> None:
    gateway.script = lambda task: Script(
        ran("".join(printed)), live=[chunk(text) for text in printed], hold=threading.Event()
    )


async def test_a_result_within_the_timeout_is_returned_and_nothing_is_cancelled(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        assert (await client.run("python", "", timeout=30)).status is Status.SUCCEEDED
    assert [name for name, _ in gateway.calls] == ["Execute"]


async def test_after_the_timeout_the_task_is_cancelled_and_the_error_tells_what_is_known_of_it(
    gateway: FakeGateway,
) -> None:
    never_ends(gateway, "so far\n")
    async with Client(gateway.target) as client:
        with pytest.raises(TimedOut, match=r"no result within 0\.2 s; the task is cancelled") as caught:
            await client.run("python", "", timeout=0.2, idempotency_key="k")
    assert caught.value.task_id == "t-k"
    assert caught.value.execution is not None
    assert caught.value.execution.status is Status.CANCELLED
    assert caught.value.execution.run is not None
    assert caught.value.execution.run.stdout == "so far\n"
    assert [request.id for request in gateway.of("Cancel")] == ["t-k"]


async def test_without_a_key_of_the_callers_the_very_task_that_was_submitted_is_cancelled(
    gateway: FakeGateway,
) -> None:
    never_ends(gateway)
    async with Client(gateway.target) as client:
        with pytest.raises(TimedOut):
            await client.run("python", "", timeout=0.2)
    keys = {request.task.idempotency_key for name in ("Execute", "Submit") for request in gateway.of(name)}
    assert [request.id for request in gateway.of("Cancel")] == [f"t-{key}" for key in keys]


async def test_a_run_with_live_output_is_cancelled_as_well_and_its_output_was_shown(gateway: FakeGateway) -> None:
    never_ends(gateway, "ready\n")
    shown: list[str] = []
    async with Client(gateway.target) as client:
        with pytest.raises(TimedOut):
            await client.run("python", "", timeout=0.5, on_output=lambda output: shown.append(output.text))
    assert shown == ["ready\n"]
    assert len(gateway.of("Cancel")) == 1


def test_the_error_is_one_of_the_clients_own_and_a_timeout_error_and_can_be_pickled() -> None:
    error = TimedOut("late", "t-1", Execution("t-1", Status.CANCELLED))
    assert isinstance(error, CodeRunnerError)
    assert isinstance(error, TimeoutError)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.task_id, again.execution) == ("late", "t-1", error.execution)


async def test_a_task_that_ended_before_it_could_be_cancelled_has_its_result_in_the_error(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("42\n"), hold=hold)
    accept = gateway.accept

    def accept_and_end(task: execution_pb2.Task) -> str:
        if gateway.of("Submit"):  # the caller gives up
            hold.set()
        return accept(task)

    monkeypatch.setattr(gateway, "accept", accept_and_end)
    async with Client(gateway.target) as client:
        with pytest.raises(TimedOut, match="ended just then: SUCCEEDED") as caught:
            await client.run("python", "", timeout=0.2)
    assert caught.value.execution is not None
    assert caught.value.execution.run is not None
    assert caught.value.execution.run.stdout == "42\n"


async def test_a_gateway_that_is_gone_is_given_up_at_the_timeout_and_the_error_says_so() -> None:
    with FakeGateway() as gone:
        pass
    began = time.monotonic()
    async with Client(gone.target, connect_timeout_s=30) as client:
        with pytest.raises(TimedOut, match="could not be cancelled: no answer") as caught:
            await client.run("python", "", timeout=0.2)
    assert (caught.value.task_id, caught.value.execution) == ("", None)
    assert time.monotonic() - began < 8  # the timeout, and the 5 s in which the task may be cancelled


async def test_a_refusal_while_giving_up_is_in_the_words(gateway: FakeGateway) -> None:
    never_ends(gateway)
    async with Client(gateway.target) as client:
        running = asyncio.create_task(client.run("python", "", timeout=0.3))
        await asyncio.to_thread(gateway.wait_for, "Execute")
        gateway.failures = [queue_full(1)]
        with pytest.raises(TimedOut, match="could not be cancelled: the queue is full"):
            await running


async def test_a_refusal_within_the_timeout_comes_through_as_it_is(gateway: FakeGateway) -> None:
    gateway.failures = [grpc.StatusCode.INTERNAL]
    async with Client(gateway.target) as client:
        with pytest.raises(CodeRunnerError, match="the gateway failed") as caught:
            await client.run("python", "", timeout=30)
    assert not isinstance(caught.value, TimedOut)


async def test_a_time_that_is_over_already_submits_nothing(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        for timeout in (0, -1):
            with pytest.raises(TimedOut, match="nothing was submitted"):
                await client.run("python", "", timeout=timeout)
    assert gateway.calls == []


async def test_a_timeout_error_of_the_callback_is_the_callbacks_own(gateway: FakeGateway) -> None:
    never_ends(gateway, "ready\n")

    def fail(_: Output) -> None:
        raise TimeoutError("mine")

    async with Client(gateway.target) as client:
        with pytest.raises(TimeoutError, match="mine") as caught:
            await client.run("python", "", timeout=30, on_output=fail)
    assert not isinstance(caught.value, TimedOut)
    assert gateway.of("Cancel") == []


@pytest.mark.parametrize("timeout_s", [None, 30.0])
async def test_cancelling_the_caller_leaves_the_task_alone(gateway: FakeGateway, timeout_s: float | None) -> None:
    never_ends(gateway)
    async with Client(gateway.target) as client:
        running = asyncio.create_task(client.run("python", "", timeout=timeout_s))
        await asyncio.to_thread(gateway.wait_for, "Execute")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert gateway.of("Cancel") == []


async def test_a_timeout_of_the_callers_own_around_it_leaves_the_task_alone(gateway: FakeGateway) -> None:
    never_ends(gateway)
    async with Client(gateway.target) as client:
        with pytest.raises(TimeoutError) as caught:
            await asyncio.wait_for(client.run("python", "", timeout=30), 0.3)
    assert not isinstance(caught.value, TimedOut)
    assert gateway.of("Cancel") == []


def test_the_blocking_client_gives_up_and_cancels_in_the_same_way(gateway: FakeGateway) -> None:
    never_ends(gateway)
    with SyncClient(gateway.target) as client, pytest.raises(TimedOut) as caught:
        client.run("python", "", timeout=0.2)
    assert caught.value.execution is not None
    assert caught.value.execution.status is Status.CANCELLED


def test_ctrl_c_in_a_blocking_run_ends_the_call_and_leaves_the_task_alone(gateway: FakeGateway) -> None:
    never_ends(gateway)

    def press_ctrl_c() -> None:
        gateway.wait_for("Execute")
        os.kill(os.getpid(), signal.SIGINT)

    with SyncClient(gateway.target) as client, sigint_is_ctrl_c():
        finger = threading.Thread(target=press_ctrl_c)
        finger.start()
        with pytest.raises(KeyboardInterrupt):
            client.run("python", "", timeout=30)
        finger.join()
        assert client.languages(), "the client is still of use"
    assert gateway.of("Cancel") == []


@contextmanager
def sigint_is_ctrl_c() -> Iterator[None]:
    """A background job hands down an ignored SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

"""What the logs of a gateway and a node tell of one task, and what they never tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coderunner import Client, InvalidTask, Unauthenticated
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.servers.fixtures import StartStack
from tests.servers.stack import Daemon
from tests.servers.waiting import eventually

LANGUAGE = "nolang"
GATEWAY: dict[str, Any] = {
    "log_level": "debug",
    "callback_allowed_networks": ["127.0.0.0/8"],
    "tokens.blog": "hush-token",
}
NODE: dict[str, Any] = {
    "log_level": "debug",
    "sandbox": "simulated",
    "simulated_languages": [LANGUAGE],
    "pools": ["simulated"],
}
WRONG_TOKEN = "hush-wrong-token"
HUSH: dict[str, Any] = {"stdin": "hush-stdin", "args": ["hush-argument"], "env": {"HUSH": "hush-environment"}}


def lines(daemon: Daemon) -> list[dict[str, Any]]:
    return [json.loads(line) for line in daemon.log.read_text(encoding="utf-8").splitlines()]


def events(daemon: Daemon, task_id: str) -> dict[str, str]:
    """The events of the lines about a task, with their kinds."""
    return {line["event"]: line["kind"] for line in lines(daemon) if line.get("task_id") == task_id}


async def test_one_task_is_followed_through_all_logs_by_its_id_and_none_of_what_it_is_is_in_them(
    start_stack: StartStack,
) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    (gateway,), (node,) = stack.gateways, stack.nodes
    async with CallbackEndpoint() as blog, Client(gateway.target, token="hush-token") as client:

        async def served() -> bool:
            return LANGUAGE in {one.name for one in await client.languages()}

        await eventually(served, 60)
        task_id = await client.submit(LANGUAGE, "hush-source", callback=blog.url, **HUSH)
        execution = await client.follow(task_id)
        assert execution.run is not None
        assert execution.run.stdout == "hush-stdin"  # so there was an output that could have been told
        with pytest.raises(InvalidTask):
            await client.submit(LANGUAGE, "hush-source", args=["hush\0argument"])
        async with Client(gateway.target, token=WRONG_TOKEN) as stranger:
            with pytest.raises(Unauthenticated):
                await stranger.get(task_id)
        await eventually(lambda: "callback_delivered" in events(gateway, task_id))
        await eventually(lambda: "task_finished" in events(node, task_id))
    assert events(gateway, task_id) == {"call_ended": "access", "callback_delivered": "business"}
    assert events(node, task_id) == {"task_finished": "business"}
    audited = [line for line in lines(gateway) if line["kind"] == "audit"]
    assert [(line["method"], line["code"], line["client"]) for line in audited] == [("Get", "UNAUTHENTICATED", "")]
    for daemon in (gateway, node):
        assert "hush" not in daemon.log.read_text(encoding="utf-8").lower()

"""The gateway, the nodes behind it, and a program through all of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from coderunner.cli.doctor.finding import Finding, ok, skipped, warning, wrong
from coderunner.cli.programs import hello
from coderunner.cli.tables import one_line
from coderunner.errors import CodeRunnerError, Unauthenticated
from coderunner.model import Language, Node, NodeState

if TYPE_CHECKING:
    from coderunner.client import Client

_PATIENCE_S = 3.0
_STALE_MS = 60_000  # a dozen heartbeats
_START = "make demo (or: coderunner-gateway)"
_START_NODE = "make demo (or: coderunner-node)"


async def examine(client: Client) -> AsyncIterator[Finding]:
    """Checks the gateway's health, then its nodes and a program in each language; skips those where health is wrong."""
    health = await _health(client.channel, client.target)
    yield health
    if health.state != "ok":
        yield skipped("nodes", "the gateway does not answer")
        yield skipped("languages", "the gateway does not answer")
        return
    try:
        async for finding in _nodes(client):
            yield finding
        async for finding in _languages(client):
            yield finding
    except Unauthenticated as error:
        yield wrong("token", str(error), "export CODERUNNER_TOKEN=...")
    except CodeRunnerError as error:
        yield wrong("gateway", str(error), _START)


async def _health(channel: grpc.aio.Channel, target: str) -> Finding:
    stub: Any = health_pb2_grpc.HealthStub
    try:
        answer = await stub(channel).Check(health_pb2.HealthCheckRequest(), timeout=_PATIENCE_S)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            return wrong("gateway", f"what answers at {target} is gRPC but has no health service", _START)
        return wrong("gateway", f"{target} does not answer: {' '.join((error.details() or '').split())}", _START)
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        word = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
        return wrong(
            "gateway", f"{target} says {word}: it has lost the bus, or it stops", "coderunner doctor --only nats"
        )
    return ok("gateway", f"{target} serves")


async def _nodes(client: Client) -> AsyncIterator[Finding]:
    nodes = await client.nodes()
    if not nodes:
        yield wrong("nodes", "none is alive", _START_NODE)
    for node in nodes:
        yield _node(node)


def _node(node: Node) -> Finding:
    says = f"{node.id} on {node.host}: {node.state}, {node.running} of {node.capacity} busy, load {node.load_score:.0f}"
    age_ms = time.time() * 1000 - node.updated_at_ms
    if node.alarms or node.state is NodeState.OVERLOADED:
        return warning("nodes", f"{says}; {', '.join(node.alarms) or 'over a threshold'}", "add a node, or wait")
    if node.state is NodeState.DRAINING:
        return warning("nodes", says, f"start it again when its host is back: coderunner-node on {node.host}")
    if node.updated_at_ms and abs(age_ms) > _STALE_MS:
        words = f"{says}; its clock and ours are {abs(age_ms) / 1000:.0f} s apart"
        return warning("nodes", words, "timedatectl set-ntp true (on both hosts)")
    return ok("nodes", says)


async def _languages(client: Client) -> AsyncIterator[Finding]:
    languages = await client.languages()
    if not languages:
        yield wrong("languages", "none is served", _START_NODE)
    for language in languages:
        yield await _hello(client, language)


async def _hello(client: Client, language: Language) -> Finding:
    ours = hello(language.name, str(time.time_ns()))
    source = ours or language.sample
    versions = ", ".join(language.versions)
    if not source:
        return skipped("languages", f"{language.name} {versions}: no test program here")
    began = time.perf_counter()
    execution = await client.run(language.name, source, labels={"by": "doctor"})
    took_ms = (time.perf_counter() - began) * 1000
    if (
        execution.run is not None
        and execution.status == "SUCCEEDED"
        and execution.run.stdout.lower().startswith("hello" if ours else "")
    ):
        return ok("languages", f"{language.name} {versions} says hello in {took_ms:.0f} ms")
    stages = [stage for _, stage in execution.stages()]
    words = execution.error or one_line(stages[-1].stderr if stages else "")
    says = f"{language.name} {versions}: {execution.status} {words}".rstrip()
    return wrong("languages", says, f"coderunner task {execution.id}")

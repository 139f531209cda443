"""The cost of waiting: memory of an idle slot of each language and role, with and without what waits warm in it; the
processor time of an idle node and its containers; and how long a node takes to be ready.

``python -m bench.slots [--quick]``: starts a bus, a directory, a gateway and a node of its own; writes
``bench/results/slots.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
import psutil
from docker.models.containers import Container

from bench import host_cgroup
from bench.figures import median, save, table
from node.domain.language import Language
from node.domain.sandbox import Role
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Node, Stack

_MIB = 1 << 20
_SETTLE_S = 3.0
"""Interpreters and JVMs finish their start, and their first collections."""
_QUIET_S = 15.0
"""After a node is ready: warmed interpreters, first heartbeats and its clean-up are over."""
_IDLE_S = 30.0
_GOALS = {"cold_slot_mib": 15.0, "idle_node_percent": 1.0, "ready_s": 5.0}


def without_what_waits(language: Language) -> Language:
    stage = language.compile and dataclasses.replace(language.compile, server=(), warm=None)
    return dataclasses.replace(language, warm=None, compile=stage)


async def slot_memory(client: docker.DockerClient, languages: Sequence[Language]) -> dict[tuple[str, str], float]:
    """MiB of one idle slot of each language and role."""
    prefix = f"bench-{secrets.token_hex(3)}"
    pool = DockerSandboxPool(languages=languages, settings=DockerSettings(node_id=prefix, prefix=prefix))
    try:
        await pool.start()
        await asyncio.sleep(_SETTLE_S)
        slots = client.containers.list(filters={"label": f"{prefix}.uid"})
        names = {slot.id: (slot.labels[f"{prefix}.language"], slot.labels[f"{prefix}.role"]) for slot in slots}
        return {names[slot.id]: host_cgroup.memory_bytes(_pid(slot)) / _MIB for slot in slots}
    finally:
        await pool.close()
        remove_all(client, prefix)


def remove_all(client: docker.DockerClient, prefix: str) -> None:
    for slot in client.containers.list(all=True, filters={"label": f"{prefix}.uid"}):
        slot.remove(force=True)
    for image in client.images.list(f"{prefix}/dressed"):
        client.images.remove(str(image.id), force=True)


async def memory_rows(client: docker.DockerClient) -> list[dict[str, Any]]:
    languages = [one for one in load_languages(LANGUAGES_DIR) if one.default]
    warm = await slot_memory(client, languages)
    cold = await slot_memory(client, [without_what_waits(language) for language in languages])
    waiting = {language.name: language for language in languages}
    return [
        {
            "language": name,
            "role": role,
            "waits": what_waits(waiting[name], role),
            "slot_mib": round(warm[name, role], 1),
            "without_mib": round(cold[name, role], 1),
        }
        for name, role in sorted(warm)
    ]


def what_waits(language: Language, role: str) -> str:
    if role == "compile" and language.compile and language.compile.server:
        return "resident compiler"
    warm = language.warm_for(Role(role))
    return "" if warm is None else {"zygote": "zygote and a child", "prestart": "process"}[warm.kind]


def idle_percent(client: docker.DockerClient, node: Node, seconds: float) -> dict[str, float]:
    """Percent of one core, over that time."""
    slots = client.containers.list(filters={"label": f"coderunner.node={node.name}"})
    pids = [_pid(slot) for slot in slots]
    process = psutil.Process(node.pid)

    def used() -> tuple[float, float]:
        times = process.cpu_times()
        return times.user + times.system, sum(host_cgroup.cpu_s(pid) for pid in pids)

    before, started = used(), time.monotonic()
    time.sleep(seconds)
    after, elapsed = used(), time.monotonic() - started
    own, theirs = ((late - early) / elapsed * 100 for early, late in zip(before, after, strict=True))
    return {"node_percent": round(own, 2), "slots_percent": round(theirs, 2), "slots": len(pids)}


def started_s(node: Node) -> float:
    started = time.perf_counter()
    node.start(wait=False)
    node.wait_ready()
    return round(time.perf_counter() - started, 2)


def node_figures(client: docker.DockerClient, idle_s: float, starts: int) -> tuple[dict[str, float], dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        nats, etcd = NatsServer(Path(folder)), EtcdServer(Path(folder))
        nats.start()
        etcd.start()
        stack = Stack(Path(folder), nats, etcd)
        try:
            stack.add_gateway()
            node = stack.add_node(wait=False)
            node.wait_ready()  # dresses the images, once for all nodes of a machine
            time.sleep(min(_QUIET_S, idle_s))
            idle = idle_percent(client, node, idle_s)
            stopped, running, new = [], [], []
            for _ in range(starts):
                node.stop()
                stopped.append(started_s(node))
                node.kill()
                running.append(started_s(node))
                node.stop()
                node.remove_containers()
                new.append(started_s(node))
            return idle, {
                "new_slots_s": median(new),
                "stopped_slots_s": median(stopped),
                "running_slots_s": median(running),
            }
        finally:
            stack.close()


def _pid(container: Container) -> int:
    container.reload()
    return int(container.attrs["State"]["Pid"])


def main(quick: bool) -> None:
    load, client = os.getloadavg()[0], docker.from_env()
    rows = asyncio.run(memory_rows(client))
    print(table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    idle, ready = node_figures(client, 2.0 if quick else _IDLE_S, 1 if quick else 3)
    print(f"\nidle node: {idle}\nready: {ready}\ngoals: {_GOALS}")
    client.close()
    if not quick:
        save("slots.json", {"slots": rows, "idle": idle, "ready": ready, "goals": _GOALS, "load_average": load})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a short look, for correctness; writes nothing")
    main(parser.parse_args().quick)

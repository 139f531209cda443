"""Python hello through other ways into a container, on the same image, engine and machine.

``python -m bench.peers [--quick]``: ``docker run``, ``docker exec`` and the packages ``epicbox`` and ``llm-sandbox``
take turns with ours; writes ``bench/results/peers.json``. A package that is not installed is left out, and said so.

What is timed is one run, from the call to the output. ``docker exec`` and ``llm-sandbox`` run it in a container that
waits, as ours does; ours alone is wiped between two runs. ``llm-sandbox, new session`` also opens and closes a session
for each run, most of which are the 10 s that ``docker stop`` grants the container.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import docker
from docker.models.containers import Container
from urllib3.util import Retry

from bench.figures import median, percentile, save, table
from coderunner import SyncClient

_IMAGE = "coderunner/python"
_SAFE: dict[str, Any] = {"network_mode": "none", "mem_limit": 256 << 20, "pids_limit": 64, "cap_drop": ["ALL"]}
Way = Callable[[str], str]


@contextmanager
def docker_exec(client: docker.DockerClient) -> Iterator[Way]:
    container: Container = client.containers.run(_IMAGE, ["sleep", "600"], detach=True, init=True, **_SAFE)
    try:
        exec_run: Callable[..., Any] = container.exec_run
        yield lambda text: str(exec_run(["python3", "-c", text]).output.decode())
    finally:
        container.remove(force=True)


@contextmanager
def docker_run(client: docker.DockerClient) -> Iterator[Way]:
    run: Callable[..., bytes] = client.containers.run
    yield lambda text: run(_IMAGE, ["python3", "-c", text], remove=True, **_SAFE).decode()


@contextmanager
def epicbox_run(client: docker.DockerClient) -> Iterator[Way]:
    import epicbox  # noqa: PLC0415 - may not be installed
    import epicbox.utils  # noqa: PLC0415 - as above

    epicbox.utils.Retry = _retry_by_its_old_names
    epicbox.configure(profiles=[epicbox.Profile("python", _IMAGE, user="nobody")])
    limits = {"cputime": 5, "memory": 256}

    def run(text: str) -> str:
        files = [{"name": "main.py", "content": text.encode()}]
        return str(epicbox.run("python", "python3 main.py", files=files, limits=limits)["stdout"].decode())

    yield run


def _retry_by_its_old_names(method_whitelist: Any, **options: Any) -> Retry:
    """epicbox was written for urllib3 1, which called one thing differently."""
    return Retry(allowed_methods=method_whitelist or None, **options)


@contextmanager
def llm_sandbox_run(client: docker.DockerClient) -> Iterator[Way]:
    with _llm_sandbox_session(client) as sandbox:
        yield lambda text: str(sandbox.run(text).stdout)


@contextmanager
def llm_sandbox_new_session(client: docker.DockerClient) -> Iterator[Way]:
    def run(text: str) -> str:
        with _llm_sandbox_session(client) as sandbox:
            return str(sandbox.run(text).stdout)

    yield run


def _llm_sandbox_session(client: docker.DockerClient) -> Any:
    from llm_sandbox import SandboxSession  # noqa: PLC0415 - may not be installed

    return SandboxSession(client=client, image=_IMAGE, lang="python", skip_environment_setup=True)


@contextmanager
def coderunner_run(client: docker.DockerClient) -> Iterator[Way]:
    with SyncClient() as ours:

        def run(text: str) -> str:
            execution = ours.run("python", text)
            return execution.run.stdout if execution.run else execution.error

        yield run


WAYS = {
    "CodeRunner": (coderunner_run, "coderunner"),
    "docker exec": (docker_exec, "docker"),
    "docker run": (docker_run, "docker"),
    "epicbox": (epicbox_run, "epicbox"),
    "llm-sandbox": (llm_sandbox_run, "llm_sandbox"),
    "llm-sandbox, new session": (llm_sandbox_new_session, "llm_sandbox"),
}


def main(quick: bool) -> None:
    logging.disable(logging.CRITICAL)
    load, client = os.getloadavg()[0], docker.from_env()
    times: dict[str, list[float]] = {}
    with ExitStack() as open_ways:
        ways: dict[str, Way] = {}
        for name, (enter, package) in WAYS.items():
            if importlib.util.find_spec(package) is None:
                print(f"{name} is not installed: left out")
                continue
            way = open_ways.enter_context(enter(client))
            if name == "CodeRunner" or _works(way, name):
                ways[name], times[name] = way, []
        for turn in range(2 if quick else 25):
            for name, way in ways.items():
                times[name].append(_once(way, name, turn))
    rows = [_row(name, values[1:], times["CodeRunner"][1:]) for name, values in times.items()]
    print(table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    if not quick:
        save("peers.json", {"load_average": load, "ways": rows})


def _works(way: Way, name: str) -> bool:
    try:
        _once(way, name, 0)
    except Exception as error:  # noqa: BLE001 - of somebody else's code; the others are still worth measuring
        print(f"{name} does not work here, and is left out: {type(error).__name__}: {error}")
        return False
    return True


def _once(way: Way, name: str, turn: int) -> float:
    number = time.monotonic_ns() + turn
    started = time.perf_counter()
    said = way(f"print('hello', {number})")
    if str(number) not in said:
        raise RuntimeError(f"{name} said {said!r}")
    return (time.perf_counter() - started) * 1e3


def _row(name: str, values: list[float], ours: list[float]) -> dict[str, float | str]:
    return {
        "way": name,
        "runs": len(values),
        "p50_ms": round(median(values), 1),
        "p95_ms": round(percentile(values, 95), 1),
        "times_ours": round(median(values) / median(ours), 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="two turns, for correctness; writes nothing")
    main(parser.parse_args().quick)

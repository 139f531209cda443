"""The fixtures that every test may ask for; ``tests/conftest.py`` loads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest
import pytest_asyncio

from tests.servers.etcd import EtcdCluster, EtcdServer
from tests.servers.mariadb import MariadbServer
from tests.servers.nats import NatsCluster, NatsServer
from tests.servers.postgres import PostgresServer
from tests.servers.stack import Stack

StartNats = Callable[..., NatsServer]
StartEtcd = Callable[..., EtcdServer]
StartStack = Callable[..., Stack]
Settings = Mapping[str, object]

_STACKS = pytest.StashKey[list[Stack]]()
"""The logs of their processes belong to a failure of the test."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows the ends of the servers' logs with a failure."""
    report = yield
    if report.failed:
        processes = [process for stack in item.stash.get(_STACKS, []) for process in stack.processes]
        report.sections += [(f"log of {process.name}", process.tail()) for process in processes]
    return report


@pytest.fixture(scope="session")
def shared_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """One server for the whole run; ask for ``nats_server``, which empties it first."""
    server = NatsServer(tmp_path_factory.mktemp("nats"), name="shared-nats")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    """One server for the whole run; ask for ``etcd_server``, which empties it first."""
    server = EtcdServer(tmp_path_factory.mktemp("etcd"), name="shared-etcd")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[PostgresServer]:
    """One server for the whole run. A test that ends it starts it again."""
    server = PostgresServer()
    try:
        server.start()
        server.create_database()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def shared_mariadb() -> Iterator[MariadbServer]:
    """One server for the whole run. A test that ends it starts it again."""
    server = MariadbServer()
    try:
        server.start()
        server.create_database()
        yield server
    finally:
        server.remove()


@pytest_asyncio.fixture
async def nats_server(shared_nats: NatsServer) -> AsyncIterator[NatsServer]:
    """A running server without streams. Do not stop it: ``start_nats`` gives one of your own."""
    client = await shared_nats.connect()
    context = client.jetstream()
    for stream in await context.streams_info():
        await context.delete_stream(stream.config.name or "")
    await client.close()
    yield shared_nats


@pytest.fixture
def etcd_server(shared_etcd: EtcdServer) -> EtcdServer:
    """A running server without keys. Do not stop it: ``start_etcd`` gives one of your own."""
    shared_etcd.clear()
    return shared_etcd


@pytest.fixture
def start_nats(tmp_path: Path) -> Iterator[StartNats]:
    """``start_nats()`` is a private server to stop, kill, pause, restart; ``start_nats(roles=True)`` runs nats.conf."""
    with ExitStack() as running:

        def start(*, name: str = "nats", roles: bool = False) -> NatsServer:
            server = NatsServer(tmp_path, name=name, roles=roles)
            running.callback(server.stop)
            server.start()
            return server

        yield start


@pytest.fixture
def start_etcd(tmp_path: Path) -> Iterator[StartEtcd]:
    """``start_etcd()`` is a private server to stop, kill, pause and restart."""
    with ExitStack() as running:

        def start(*, name: str = "etcd") -> EtcdServer:
            server = EtcdServer(tmp_path, name=name)
            running.callback(server.stop)
            server.start()
            return server

        yield start


@pytest.fixture
def nats_cluster(tmp_path: Path) -> Iterator[NatsCluster]:
    """Three servers of one cluster, this test's own."""
    cluster = NatsCluster(tmp_path)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def etcd_cluster(tmp_path: Path) -> Iterator[EtcdCluster]:
    """Three members of one cluster, this test's own."""
    cluster = EtcdCluster(tmp_path)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[docker.DockerClient]:
    """A client of the engine that answers; without one the test fails, it is not skipped."""
    try:
        client = docker.from_env(timeout=60)
        client.ping()
    except docker.errors.DockerException as error:
        pytest.fail(f"no Docker engine answers ({error}): run the tests with `make test`, which starts one")
    yield client
    client.close()


@pytest.fixture
def start_stack(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StartStack]:
    """``start_stack(gateways=1, nodes=1)`` runs real gateways and nodes on a NATS server (with nats.conf) and an etcd,
    or with ``clusters=True`` on three of each.

    ``gateway`` and ``node`` are settings for each of them, as in their TOML files."""
    stacks = request.node.stash.setdefault(_STACKS, [])
    with ExitStack() as running:

        def start(
            *,
            gateways: int = 1,
            nodes: int = 1,
            gateway: Settings | None = None,
            node: Settings | None = None,
            clusters: bool = False,
        ) -> Stack:
            directory = tmp_path / f"stack-{len(stacks)}"
            stack = _clustered(directory) if clusters else _single(directory)
            stacks.append(stack)
            running.callback(stack.close)
            for server in (*stack.nats.members, *stack.etcd.members):
                server.start(wait=False)
            for server in (*stack.nats.members, *stack.etcd.members):
                server.wait_ready()
            stack.ask_for_passwords()
            replicas = {"stream_replicas": 3} if clusters else {}
            started = [stack.add_gateway(wait=False, **replicas, **(gateway or {})) for _ in range(gateways)]
            started_nodes = [stack.add_node(wait=False, **(node or {})) for _ in range(nodes)]
            for daemon in (*started, *started_nodes):
                daemon.wait_ready()
            return stack

        yield start


def _single(directory: Path) -> Stack:
    return Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))


def _clustered(directory: Path) -> Stack:
    return Stack(directory, NatsCluster(directory, roles=True), EtcdCluster(directory))

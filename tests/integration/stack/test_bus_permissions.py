"""nats.conf on a real server: what each role may do, and what it may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_gateway import nats_conf
from schemas import blob_names, names
from schemas.joined import AUTH_REQUESTS, joined_subject
from schemas.status import Priority, Status
from tests.integration.stack.every_subject import every_subject
from tests.servers import NatsServer
from tests.servers.nats import PASSWORDS, REPOSITORY
from tests.servers.wire import WireClient

STREAMS = (names.STREAM_TASKS, names.STREAM_RESULTS, names.STREAM_EVENTS, names.STREAM_DEAD)
OF_CALLBACKS = (names.STREAM_CALLBACKS, names.STREAM_DELIVERED, names.STREAM_PROGRESS)
TASK = names.task_subject("default", Priority.NORMAL, "t1")
DESTRUCTIVE = [f"$JS.API.STREAM.{verb}.{stream}" for verb in ("DELETE", "SNAPSHOT", "RESTORE") for stream in STREAMS]

ANSWER = names.answer_subject(names.answer_key("python", "blog", "d1"))

OF_JOINED_NODES = [
    joined_subject("n1"),
    *(f"$JS.API.STREAM.{verb}.{names.STREAM_NODES}" for verb in ("CREATE", "UPDATE", "MSG.DELETE")),
]
"""Who writes there makes nodes."""

OF_BLOBS = [
    blob_names.chunk_subject("c1.u1", 0),
    blob_names.blob_subject("blog", "sha256:00"),
    *(f"$JS.API.STREAM.{verb}.{blob_names.STREAM_BLOBS}" for verb in ("CREATE", "UPDATE", "PURGE")),
]
"""Who writes there decides what a digest stands for."""

MAY_PUBLISH = {
    "gateway": [
        TASK,
        names.result_subject("t1"),
        names.event_subject("t1", Status.QUEUED),
        names.dead_subject("delivery", "t1"),
        names.callback_subject("t1", ""),
        names.delivered_subject("t1", ""),
        ANSWER,
        f"$JS.API.STREAM.PURGE.{names.STREAM_ANSWERS}",
        names.audit_subject("Cancel"),
        *OF_JOINED_NODES,
        *OF_BLOBS,
        *(f"$JS.API.STREAM.{verb}.{stream}" for verb in ("CREATE", "UPDATE", "INFO") for stream in OF_CALLBACKS),
        f"$JS.API.CONSUMER.DURABLE.CREATE.{names.STREAM_PROGRESS}.{names.PROGRESS_CONSUMER}",
        f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_PROGRESS}.{names.PROGRESS_CONSUMER}",
        f"$JS.ACK.{names.STREAM_PROGRESS}.{names.PROGRESS_CONSUMER}.1.1.1.1.1",
        f"$JS.API.DIRECT.GET.{names.STREAM_CALLBACKS}.{names.callback_subject('t1', '')}",
        names.cancel_subject("t1"),
        names.node_subject("n1"),
        names.ROLL_CALL,
        names.backlog_subject("default"),
        *(f"$JS.API.STREAM.{verb}.{stream}" for verb in ("CREATE", "UPDATE", "INFO") for stream in STREAMS),
        *(f"$JS.API.STREAM.PURGE.{stream}" for stream in STREAMS),
        f"$JS.API.STREAM.MSG.DELETE.{names.STREAM_RESULTS}",
        f"$JS.API.DIRECT.GET.{names.STREAM_RESULTS}.{names.result_subject('t1')}",
    ],
    "node": [
        blob_names.ask_blob_subject("c1.u1", 0),
        blob_names.file_subject("p1", 0),
        names.result_subject("t1"),
        names.event_subject("t1", Status.RUNNING),
        names.output_subject("t1"),
        names.progress_subject("t1"),
        names.dead_subject("poison", "t1"),
        f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_TASKS}.default-normal",
    ],
    "operator": [
        "$JS.API.STREAM.LIST",
        *(
            f"$JS.API.{verb}.{stream}"
            for verb in ("STREAM.INFO", "STREAM.MSG.GET", "CONSUMER.LIST")
            for stream in STREAMS
        ),
    ],
}
OF_THE_SECRET = [
    names.ID_SECRET,
    f"$JS.API.STREAM.MSG.GET.{names.STREAM_SECRETS}",
    f"$JS.API.DIRECT.GET.{names.STREAM_SECRETS}",
    f"$JS.API.DIRECT.GET.{names.STREAM_SECRETS}.{names.ID_SECRET}",
    f"$JS.API.STREAM.UPDATE.{names.STREAM_SECRETS}",
    f"$JS.API.STREAM.PURGE.{names.STREAM_SECRETS}",
    f"$JS.API.CONSUMER.CREATE.{names.STREAM_SECRETS}.mine",
]
"""What makes the ids of keys is for gateways alone."""

OF_THE_AUDIT = [
    *(f"$JS.API.STREAM.{verb}.{names.STREAM_AUDIT}" for verb in ("DELETE", "PURGE", "MSG.DELETE")),
]
"""Nobody takes anything out of it."""

MAY_NOT_PUBLISH = {
    "gateway": [
        *DESTRUCTIVE,
        *OF_THE_AUDIT,
        names.output_subject("t1"),
        AUTH_REQUESTS,
        f"$JS.API.STREAM.PURGE.{names.STREAM_NODES}",
        f"$JS.API.STREAM.DELETE.{names.STREAM_NODES}",
        "coderunner.v1.stored.t1",
        "other",
        "_INBOX_node.x",
        "$SYS.REQ.SERVER.PING",
    ],
    "node": [
        *DESTRUCTIVE,
        *OF_BLOBS,
        *(f"$JS.API.DIRECT.GET.{stream}" for stream in (blob_names.STREAM_BLOBS, blob_names.STREAM_FILES)),
        f"$JS.API.DIRECT.GET.{blob_names.STREAM_BLOBS}.{blob_names.BLOBS_WILDCARD}",
        f"$JS.API.DIRECT.GET.{blob_names.STREAM_FILES}.{blob_names.FILES_WILDCARD}",
        f"$JS.API.CONSUMER.CREATE.{blob_names.STREAM_BLOBS}.mine",
        *OF_THE_SECRET,
        *OF_THE_AUDIT,
        *OF_JOINED_NODES,
        AUTH_REQUESTS,
        ANSWER,
        names.audit_subject("Cancel"),
        f"$JS.API.DIRECT.GET.{names.STREAM_ANSWERS}.{ANSWER}",
        f"$JS.API.STREAM.PURGE.{names.STREAM_ANSWERS}",
        *(
            f"$JS.API.STREAM.{verb}.{stream}"
            for verb in ("CREATE", "UPDATE", "PURGE", "MSG.DELETE")
            for stream in STREAMS
        ),
        *(f"$JS.API.STREAM.{verb}.{stream}" for verb in ("MSG.GET", "INFO") for stream in STREAMS),
        f"$JS.API.DIRECT.GET.{names.STREAM_RESULTS}.{names.RESULTS_WILDCARD}",  # a literal wildcard: the last of all
        TASK,
        names.callback_subject("t1", ""),
        names.cancel_subject("t1"),
        names.node_subject("n2"),
        names.ROLL_CALL,
        "coderunner.v1.stored.t1",
        "_INBOX_gateway.x",
        f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_RESULTS}.{names.RELAY_CONSUMER}",
        f"$JS.API.CONSUMER.DELETE.{names.STREAM_TASKS}.default-normal",
        f"$JS.API.CONSUMER.DURABLE.CREATE.{names.STREAM_TASKS}.default-normal",
        f"$JS.ACK.{names.STREAM_RESULTS}.{names.RELAY_CONSUMER}.1.1.1.1.1",
        "$SYS.REQ.SERVER.PING",
    ],
    "operator": [
        *DESTRUCTIVE,
        *OF_BLOBS,
        *OF_THE_SECRET,
        *OF_THE_AUDIT,
        *OF_JOINED_NODES,
        AUTH_REQUESTS,
        ANSWER,
        names.audit_subject("Cancel"),
        f"$JS.API.STREAM.PURGE.{names.STREAM_ANSWERS}",
        *(
            f"$JS.API.STREAM.{verb}.{stream}"
            for verb in ("CREATE", "UPDATE", "PURGE", "MSG.DELETE")
            for stream in STREAMS
        ),
        TASK,
        names.result_subject("t1"),
        names.cancel_subject("t1"),
        f"$JS.API.CONSUMER.DURABLE.CREATE.{names.STREAM_TASKS}.mine",
        f"$JS.API.CONSUMER.CREATE.{names.STREAM_TASKS}.mine",
        f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_TASKS}.default-normal",
    ],
}
MAY_NOT_SUBSCRIBE = {
    "gateway": ["_INBOX_node.>", "_INBOX.>", names.TASKS_WILDCARD, names.CANCEL_WILDCARD, "$JS.>", ">"],
    "node": [
        "_INBOX_gateway.>",
        "_INBOX.>",
        names.TASKS_WILDCARD,
        names.RESULTS_WILDCARD,
        "coderunner.v1.output.*",
        AUTH_REQUESTS,
        "$JS.>",
        ">",
    ],
    "operator": ["_INBOX_gateway.>", "_INBOX_node.>", AUTH_REQUESTS, names.ID_SECRET, "$JS.>", ">"],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(role, subject) for role, subjects in table.items() for subject in subjects]


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    users = {"node": ["default"], "gpu-1": ["gpu"]}
    server = NatsServer(tmp_path_factory.mktemp("bus"), roles=True, nodes=users)
    server.start()
    yield server
    server.stop()


def wire(bus: NatsServer, role: str) -> WireClient:
    return WireClient(bus.port, role, PASSWORDS.get(role, f"p-{role}"))


@pytest.mark.parametrize(("role", "subject"), cases(MAY_PUBLISH))
def test_a_role_may_publish_what_its_work_needs(bus: NatsServer, role: str, subject: str) -> None:
    with wire(bus, role) as client:
        assert client.may_publish(subject)


@pytest.mark.parametrize(("role", "subject"), cases(MAY_NOT_PUBLISH))
def test_a_role_may_not_publish_anything_else(bus: NatsServer, role: str, subject: str) -> None:
    with wire(bus, role) as client:
        assert not client.may_publish(subject)


@pytest.mark.parametrize(("role", "subject"), cases(MAY_NOT_SUBSCRIBE))
def test_a_role_cannot_overhear_the_others(bus: NatsServer, role: str, subject: str) -> None:
    with wire(bus, role) as client:
        assert not client.may_subscribe(subject)


def test_nobody_enters_without_the_right_password(bus: NatsServer) -> None:
    for user, password in (("gateway", "wrong"), ("gateway", PASSWORDS["node"]), ("", ""), ("admin", "admin")):
        with pytest.raises(ConnectionError, match="Authorization Violation"):
            WireClient(bus.port, user, password)


def test_only_the_system_user_sees_the_servers(bus: NatsServer) -> None:
    with wire(bus, "system") as client:
        assert client.may_publish("$SYS.REQ.SERVER.PING")


async def test_the_server_listens_on_loopback_only(bus: NatsServer) -> None:
    assert bus.monitor("/varz")["host"] == "127.0.0.1"


async def test_without_passwords_the_server_does_not_start(tmp_path: Path) -> None:
    server = NatsServer(tmp_path, roles=True)
    del server.env["CODERUNNER_NATS_GATEWAY_PASSWORD"]
    with pytest.raises(RuntimeError, match="CODERUNNER_NATS_GATEWAY_PASSWORD"):
        server.start()


NODE_SAYS = (
    names.result_subject("t1"),
    *(names.event_subject("t1", status) for status in (Status.RUNNING, Status.EXPIRED)),
    *(names.preparing_subject("t1"), names.prepared_subject("t1")),
    names.progress_subject("t1"),
    names.output_subject("t1"),
    names.dead_subject("poison", "t1"),
    names.ask_result_subject("t1"),
    names.ask_starts_subject("t1"),
    blob_names.ask_blob_subject("c1.u1", 0),
    blob_names.file_subject("p1", 0),
)


@pytest.mark.parametrize(("user", "pool"), [("node", "default"), ("gpu-1", "gpu")])
def test_a_node_takes_its_own_pools_tasks_and_is_refused_everything_else(bus: NatsServer, user: str, pool: str) -> None:
    """A node's key read and dropped any pool's tasks, and changed the queues' consumers."""
    with wire(bus, user) as client:
        may = {subject for subject in every_subject() if client.may_publish(subject)}
    consumer = f"{names.STREAM_TASKS}.{pool}-normal"
    assert may == {
        *NODE_SAYS,
        *(f"$JS.API.CONSUMER.{verb}.{consumer}" for verb in ("INFO", "MSG.NEXT")),
        f"$JS.ACK.{consumer}.1.1.1.1.1",
    }


def test_a_node_hears_its_own_inbox_and_its_own_orders_only(bus: NatsServer) -> None:
    with wire(bus, "gpu-1") as client:
        for own in ("_INBOX_gpu-1.>", names.CANCEL_WILDCARD, names.node_subject("gpu-1"), names.ROLL_CALL):
            assert client.may_subscribe(own)
        others = ["_INBOX_node.>", "_INBOX_gateway.>", "_INBOX.>", names.node_subject("n1"), names.TASKS_WILDCARD]
        for subject in (*others, f"{names.ROOT}.control.node.*", names.EVENTS_WILDCARD, f"{names.ROOT}.stored.*", ">"):
            assert not client.may_subscribe(subject)


def test_the_file_in_the_repository_has_the_user_that_the_command_makes() -> None:
    text = (REPOSITORY / "nats.conf").read_text(encoding="utf-8")
    assert nats_conf.with_nodes(text, {"node": ["default"]}) == text


OPERATOR_READS = (
    *("STREAM.LIST", "STREAM.NAMES", "STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET", "INFO"),
    *("CONSUMER.LIST", "CONSUMER.NAMES", "CONSUMER.INFO"),
)


def test_the_operator_reads_and_is_refused_everything_else(bus: NatsServer) -> None:
    """It could make 4,096 consumers, and change the relay's so that no callback was seen."""
    with wire(bus, "operator") as client:
        may = {subject for subject in every_subject() if client.may_publish(subject)}
    reading = tuple(f"$JS.API.{verb}" for verb in OPERATOR_READS)
    secret = {subject for subject in every_subject() if "GET.CODERUNNER_SECRETS" in subject}
    assert may == {subject for subject in every_subject() if subject.startswith(reading)} - secret

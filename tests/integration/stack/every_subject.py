"""All that can be asked of the bus, by one subject each: what a key may do is some of them, and it is refused the
rest."""

from __future__ import annotations

from collections.abc import Iterator

from schemas import blob_names, names
from schemas.joined import AUTH_REQUESTS, joined_subject
from schemas.status import Priority, Status

STREAMS = (
    names.STREAM_TASKS,
    names.STREAM_RESULTS,
    names.STREAM_EVENTS,
    names.STREAM_DEAD,
    names.STREAM_CALLBACKS,
    names.STREAM_DELIVERED,
    names.STREAM_PROGRESS,
    names.STREAM_ANSWERS,
    names.STREAM_AUDIT,
    names.STREAM_SECRETS,
    names.STREAM_NODES,
    blob_names.STREAM_BLOBS,
    blob_names.STREAM_FILES,
)
CONSUMERS = ("default-normal", "gpu-normal", names.RELAY_CONSUMER, "mine")
_OF_THE_ACCOUNT = ("INFO", "STREAM.LIST", "STREAM.NAMES", "META.LEADER.STEPDOWN", "SERVER.REMOVE", "ACCOUNT.PURGE.X")
_OF_A_STREAM = (
    *(f"STREAM.{verb}" for verb in ("CREATE", "UPDATE", "INFO", "DELETE", "PURGE", "SNAPSHOT", "RESTORE")),
    *("STREAM.MSG.GET", "STREAM.MSG.DELETE", "STREAM.PEER.REMOVE", "STREAM.LEADER.STEPDOWN", "DIRECT.GET"),
    *("CONSUMER.CREATE", "CONSUMER.NAMES", "CONSUMER.LIST"),
)
_OF_A_CONSUMER = tuple(
    f"CONSUMER.{verb}"
    for verb in (
        *("CREATE", "DURABLE.CREATE", "INFO", "DELETE", "PAUSE", "UNPIN", "RESET"),
        *("LEADER.STEPDOWN", "MSG.NEXT"),
    )
)


def every_subject() -> Iterator[str]:
    """One subject for each thing that can be asked of the bus, or said on it."""
    yield from (f"$JS.API.{verb}" for verb in _OF_THE_ACCOUNT)
    for stream in STREAMS:
        yield from (f"$JS.API.{verb}.{stream}" for verb in _OF_A_STREAM)
        yield f"$JS.API.DIRECT.GET.{stream}.{names.ROOT}.any"
        for consumer in CONSUMERS:
            yield from (f"$JS.API.{verb}.{stream}.{consumer}" for verb in _OF_A_CONSUMER)
            yield f"$JS.API.CONSUMER.CREATE.{stream}.{consumer}.{names.ROOT}.any"
            yield f"$JS.ACK.{stream}.{consumer}.1.1.1.1.1"
        yield f"$JS.FC.{stream}.any.any"
    yield from messages()
    yield from (
        "_INBOX.x",
        "_INBOX_gateway.x",
        "_INBOX_node.x",
        "_INBOX_operator.x",
        "other",
        "$SYS.REQ.SERVER.PING",
        AUTH_REQUESTS,
    )
    yield from ("$KV.any.any", "$O.any.C.any", "_R_.any", "$SRV.PING")


def messages() -> Iterator[str]:
    """What services say to each other, and what the streams take."""
    for pool in ("default", "gpu"):
        yield from (names.task_subject(pool, priority, "t1") for priority in Priority)
    yield names.result_subject("t1")
    yield f"{names.ROOT}.stored.t1"
    yield from (names.event_subject("t1", status) for status in (Status.QUEUED, Status.RUNNING, Status.EXPIRED))
    yield from (names.preparing_subject("t1"), names.prepared_subject("t1"))
    yield names.dead_subject("poison", "t1")
    yield names.callback_subject("t1", "")
    yield names.delivered_subject("t1", "")
    yield names.answer_subject(names.answer_key("python", "blog", "d1"))
    yield names.audit_subject("Cancel")
    yield joined_subject("n1")
    yield names.output_subject("t1")
    yield names.progress_subject("t1")
    yield names.cancel_subject("t1")
    yield names.ask_result_subject("t1")
    yield names.ask_starts_subject("t1")
    yield blob_names.chunk_subject("c1.u1", 0)
    yield blob_names.blob_subject("blog", "sha256:00")
    yield blob_names.ask_blob_subject("c1.u1", 0)
    yield blob_names.file_subject("p1", 0)
    yield names.node_subject("n1")
    yield names.node_subject("n2")
    yield names.ROLL_CALL

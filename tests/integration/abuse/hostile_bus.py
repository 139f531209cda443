"""Strategies for what a stolen key could say on the bus: messages of ours with faults in them, on any subject."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from schemas import names
from schemas.status import Priority, Status
from schemas.task import Callback
from tests.builders import a_chunk, a_dead_letter, a_node_record, a_result, a_task, an_event, some_progress
from tests.integration.abuse.hostile_messages import texts, with_faults

_EDGES: st.SearchStrategy[Any] = st.sampled_from(
    [0, -1, 1e308, float("nan"), 2**63, -(2**63), 2**64, 10**40, None, True, "", [], {}]
)
_DEEP = b"[" * 100_000
_ANY = "any"
_OF_TASKS = [
    *(make(_ANY) for make in (names.result_subject, names.output_subject, names.progress_subject)),
    *(make(_ANY) for make in (names.cancel_subject, names.ask_result_subject, names.ask_starts_subject)),
    *(make(_ANY) for make in (names.preparing_subject, names.prepared_subject, names.node_subject)),
    *(names.event_subject(_ANY, status) for status in Status),
    *(names.task_subject("default", priority, _ANY) for priority in Priority),
    *(names.dead_subject("poison", _ANY), names.callback_subject(_ANY, ""), names.delivered_subject(_ANY, "")),
]


def subjects(node_id: str) -> st.SearchStrategy[str]:
    """Any subject on which services talk, of tasks that are there or not, and orders to this node."""
    marks = st.sampled_from([_ANY, "t1", "\u20ac", "_", "$JS", "a" * 500])
    ids = st.one_of(marks, st.integers(0, 10**6).map(str))
    named = st.builds(_of_an_id, st.sampled_from(_OF_TASKS), ids)
    others = [names.node_subject(node_id), names.ROLL_CALL, names.backlog_subject("default"), names.audit_subject("x")]
    return st.one_of(named, named, st.sampled_from([*others, names.answer_subject("k")]))


def bodies() -> st.SearchStrategy[bytes]:
    """Any message of ours as it is, with other values in it, with bytes changed, or nothing like it."""
    whole = st.sampled_from([msgspec.json.encode(one) for one in _messages()])
    odd = whole.flatmap(lambda data: _with_other_values(json.loads(data)))
    return st.one_of(whole.flatmap(with_faults), odd, st.binary(max_size=200), st.just(_DEEP), st.just(b""))


def _of_an_id(subject: str, task_id: str) -> str:
    return ".".join(task_id if token == _ANY else token for token in subject.split("."))


def _messages() -> list[Any]:
    return [
        *(
            a_task(),
            a_task(callback=Callback(url="http://127.0.0.1:1/")),
            a_result("t1"),
            a_result("t1", "http://127.0.0.1:1/"),
        ),
        *(an_event("t1", status) for status in Status),
        *(a_chunk("t1", "text"), a_dead_letter("t1"), a_node_record("n1"), some_progress("t1")),
    ]


def _with_other_values(message: Any) -> st.SearchStrategy[bytes]:
    """One to three of its values replaced, however deep they are."""
    paths = list(_paths(message))
    if not paths:
        return st.just(b"{}")
    other = st.one_of(_EDGES, texts(["t1", "../..", "a" * 10_000]), st.integers())
    changes = st.lists(st.tuples(st.sampled_from(paths), other), min_size=1, max_size=3)
    return changes.map(lambda chosen: _replaced(message, chosen))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, item in inner:
        found += _paths(item, (*path, key))
    return found


def _replaced(message: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> bytes:
    changed = json.loads(json.dumps(message))
    for path, value in changes:
        place = changed
        for key in path[:-1]:
            if not isinstance(place, dict | list) or (isinstance(place, dict) and key not in place):
                break
            place = place[key]
        else:
            if isinstance(place, dict | list):
                place[path[-1]] = value
    return json.dumps(changed).encode()

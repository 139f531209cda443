"""The queries of addresses: everything after the question mark."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NoReturn

from starlette.datastructures import QueryParams

from broker_gateway.application.commands import Invalid
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.http.problems import refuse
from coderunner.v1 import execution_pb2 as pb

MAX_WAIT_S = 300.0
LIST_FIELDS = (
    *("status", "language", "node_id", "label", "client", "error"),
    *("since_ms", "until_ms", "page_size", "page_token", "with_total"),
)
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_SECONDS = re.compile(r"\d{1,4}(\.\d{1,3})?", re.ASCII)
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def wait_s(query: QueryParams) -> float:
    """The seconds for which a caller waits for the end; 0 where he does not. Raises RefusedError."""
    _only(query, ("wait",))
    text = query.get("wait", "0")
    if not _SECONDS.fullmatch(text) or float(text) > MAX_WAIT_S:
        _refuse("wait", f"must be seconds, at most {MAX_WAIT_S:.0f}")
    return float(text)


def list_request(query: QueryParams) -> pb.ListRequest:
    """What a list is asked for, as over gRPC; its rules are judged there. Raises RefusedError."""
    _only(query, LIST_FIELDS)
    request = pb.ListRequest(
        language=query.get("language", ""),
        node_id=query.get("node_id", ""),
        client=query.get("client", ""),
        error=query.get("error", ""),
        page_token=query.get("page_token", ""),
        since_ms=_number(query, "since_ms"),
        until_ms=_number(query, "until_ms"),
        page_size=min(_number(query, "page_size"), 1_000_000),
        with_total=_truth(query, "with_total"),
    )
    names = pb.Execution.Status
    for status in query.getlist("status"):
        if status not in names.keys():  # noqa: SIM118 - an enum wrapper of protobuf, which has no "in"
            _refuse("status", "must be the name of a status, such as SUCCEEDED")
        request.statuses.append(names.Value(status))  # type: ignore[arg-type]  # its stubs want what it does not give
    for label in query.getlist("label"):
        name, colon, value = label.partition(":")
        if not colon:
            _refuse("label", "must be NAME:VALUE")
        request.labels[name] = value
    return request


def no_query(query: QueryParams) -> None:
    """Raises RefusedError where there is one."""
    _only(query, ())


def _number(query: QueryParams, name: str) -> int:
    text = query.get(name, "0")
    if not _NUMBER.fullmatch(text):
        _refuse(name, "must be a whole number")
    return int(text)


def _truth(query: QueryParams, name: str) -> bool:
    value = _TRUTHS.get(query.get(name, "false").lower())
    if value is None:
        _refuse(name, "must be true or false")
    return bool(value)


def _only(query: QueryParams, names: Collection[str]) -> None:
    unknown = next((name for name in query if name not in names), None)
    if unknown is not None:
        known = f"only {', '.join(names)}" if names else "nothing"
        _refuse(unknown[:64], f"is not known here: {known} may be asked for")


def _refuse(name: str, description: str) -> NoReturn:
    refuse(Invalid([Violation(name, description)]))

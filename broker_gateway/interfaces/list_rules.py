"""The bounds of what ``List`` may be asked for."""

from __future__ import annotations

from broker_gateway.application.commands import Caller
from broker_gateway.application.ports import TaskFilter
from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.execution_mapping import STATUSES
from coderunner.v1 import execution_pb2 as pb

MAX_NAME_CHARS = 256
MAX_MS = (1 << 53) - 1
"""Of Unix milliseconds: what JSON takes, and far beyond any task."""
_INPUTS = InputRules()


def filter_of(request: pb.ListRequest, caller: Caller) -> TaskFilter:
    """What the request asks for, of what the caller may see."""
    return TaskFilter(
        statuses=frozenset(STATUSES[number] for number in request.statuses),
        language=request.language,
        node_id=request.node_id,
        labels=dict(request.labels),
        client=(request.client or None) if caller.sees_all else caller.client,
        since_ms=request.since_ms or None,
        until_ms=request.until_ms or None,
        error_text=request.error,
    )


def list_violations(request: pb.ListRequest, caller: Caller) -> list[Violation]:
    """Everything that is wrong with the filter; the page has rules of its own."""
    violations: list[Violation] = []
    if request.client and not caller.sees(request.client):
        violations.append(Violation("client", "is another one: you see your own tasks"))
    if len(request.statuses) > len(STATUSES):
        violations.append(Violation("statuses", f"must be at most {len(STATUSES)}"))
    else:
        violations += [
            Violation(f"statuses[{index}]", "is not a known status")
            for index, number in enumerate(request.statuses)
            if number not in STATUSES
        ]
    for field in ("language", "node_id", "page_token", "client", "error"):
        if len(getattr(request, field)) > MAX_NAME_CHARS:
            violations.append(Violation(field, f"must have at most {MAX_NAME_CHARS} characters"))
    for field in ("since_ms", "until_ms"):
        if getattr(request, field) > MAX_MS:
            violations.append(Violation(field, f"must be at most {MAX_MS}"))
    if len(request.labels) > _INPUTS.labels:
        violations.append(Violation("labels", f"must be at most {_INPUTS.labels}"))
    return violations

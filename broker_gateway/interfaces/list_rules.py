"""The bounds of what ``List`` may be asked for."""

from __future__ import annotations

from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.execution_mapping import STATUSES
from coderunner.v1 import execution_pb2 as pb

MAX_NAME_CHARS = 256
_INPUTS = InputRules()


def list_violations(request: pb.ListRequest) -> list[Violation]:
    """Everything that is wrong with the filter; the page has rules of its own."""
    violations: list[Violation] = []
    if len(request.statuses) > len(STATUSES):
        violations.append(Violation("statuses", f"must be at most {len(STATUSES)}"))
    else:
        violations += [
            Violation(f"statuses[{index}]", "is not a known status")
            for index, number in enumerate(request.statuses)
            if number not in STATUSES
        ]
    for field in ("language", "node_id", "page_token"):
        if len(getattr(request, field)) > MAX_NAME_CHARS:
            violations.append(Violation(field, f"must have at most {MAX_NAME_CHARS} characters"))
    if len(request.labels) > _INPUTS.labels:
        violations.append(Violation("labels", f"must be at most {_INPUTS.labels}"))
    return violations

"""What admission finds wrong with a draft."""

from __future__ import annotations

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.draft import TaskDraft
from schemas.task import SourceFile

POLICY = AdmissionPolicy()


def fields(task: TaskDraft, policy: AdmissionPolicy = POLICY) -> list[str]:
    return [violation.field for violation in policy.violations(task, "task")]


def files(*names: str) -> list[SourceFile]:
    return [SourceFile(name, "x") for name in names]

"""The admission policy: which tasks are let in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from broker_gateway.domain.api_key import MAX_CLIENT_CHARS, is_client_name
from broker_gateway.domain.blobs import naming_violations
from broker_gateway.domain.callback_url import callback_violations, event_violations
from broker_gateway.domain.code import Code, SourceRules
from broker_gateway.domain.draft import DraftCounts, TaskDraft
from broker_gateway.domain.interaction import interaction_violations
from broker_gateway.domain.judging import CaseRules, checker_violations
from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.resource_limit import LimitRules
from broker_gateway.domain.testing import testing_violations
from broker_gateway.domain.text import CONTROL
from broker_gateway.domain.violation import Violation
from schemas.answers import CacheMode
from schemas.packages import MAX_PACKAGES
from schemas.status import Priority

IDEMPOTENCY_KEY_CHARS = 128
MAX_VIOLATIONS = 128
"""Told of one task; who has made more mistakes mends these first."""

_LANGUAGE_CHARS = 64
_PRIORITIES = frozenset(Priority)
_CACHE_MODES = frozenset(CacheMode)


@dataclass(frozen=True, slots=True)
class AdmissionPolicy:
    """The rules that need nothing but the task itself. Everything that is wrong is told, not only the first."""

    source: SourceRules = field(default_factory=SourceRules)
    inputs: InputRules = field(default_factory=InputRules)
    limits: LimitRules = field(default_factory=LimitRules)
    cases: CaseRules = field(default_factory=CaseRules)
    max_queue_deadline_ms: int = 24 * 3_600_000

    @property
    def counts(self) -> DraftCounts:
        """What a draft has to hold for these rules to judge it."""
        return DraftCounts(
            files=self.source.max_files + 1,
            args=self.inputs.args + 1,
            env=self.inputs.env + 1,
            labels=self.inputs.labels + 1,
            compile_options=self.inputs.compile_options + 1,
            outputs=self.inputs.outputs + 1,
            cases=self.cases.cases + 1,
            packages=MAX_PACKAGES + 1,
        )

    def violations(self, draft: TaskDraft, path: str) -> list[Violation]:
        """At most MAX_VIOLATIONS; empty where the task may enter. ``path`` is what the caller calls it, such as
        ``task``."""
        found = chain(self._program_violations(draft, path), self._terms_violations(draft, path))
        return list(islice(found, MAX_VIOLATIONS))

    def _program_violations(self, draft: TaskDraft, path: str) -> Iterator[Violation]:
        yield from _language_violations(draft.language, draft.language_version, path)
        yield from Code(draft.files, draft.entry_point).violations(self.source, path)
        yield from self.inputs.stdin_violations(draft.stdin, f"{path}.stdin")
        if draft.names_blobs:
            yield from naming_violations(draft, path)
        if draft.args:
            yield from self.inputs.args_violations(draft.args, f"{path}.args")
        if draft.env:
            yield from self.inputs.env_violations(draft.env, f"{path}.env")
        if draft.compile_options:
            yield from self.inputs.option_violations(draft.compile_options, f"{path}.compile_options")
        if draft.outputs:
            yield from self.inputs.output_violations(draft.outputs, f"{path}.outputs")
        if draft.cases:
            yield from self.cases.violations(draft.cases, self.inputs, self.limits, f"{path}.cases")
        if draft.checker is not None:
            checker = draft.checker
            yield from _language_violations(checker.language, checker.language_version, f"{path}.checker")
            yield from checker_violations(checker, draft.cases, self.source, f"{path}.checker")

    def _terms_violations(self, draft: TaskDraft, path: str) -> Iterator[Violation]:
        yield from interaction_violations(draft, path)
        yield from testing_violations(draft, path)
        if draft.limits:
            yield from self.limits.violations(draft.limits, f"{path}.limits")
        if draft.priority not in _PRIORITIES:
            yield Violation(f"{path}.priority", "is not a known priority")
        if draft.cache and draft.cache not in _CACHE_MODES:
            yield Violation(f"{path}.cache", "is not a known mode")
        if draft.reader and not is_client_name(draft.reader):
            yield Violation(f"{path}.reader", f"must have at most {MAX_CLIENT_CHARS} visible ASCII characters")
        if len(draft.idempotency_key) > IDEMPOTENCY_KEY_CHARS:
            yield Violation(f"{path}.idempotency_key", f"must have at most {IDEMPOTENCY_KEY_CHARS} characters")
        if draft.queue_deadline_ms > self.max_queue_deadline_ms:
            yield Violation(f"{path}.queue_deadline_ms", f"must be at most {self.max_queue_deadline_ms}")
        if draft.callback_url is not None:
            yield from callback_violations(draft.callback_url, f"{path}.callback.url")
        yield from event_violations(draft.callback_events, draft.callback_url, f"{path}.callback.events")
        if draft.labels:
            yield from self.inputs.label_violations(draft.labels, f"{path}.labels")


def _language_violations(language: str, version: str, path: str) -> Iterator[Violation]:
    if not language:
        yield Violation(f"{path}.language", "is empty")
    elif len(language) > _LANGUAGE_CHARS or CONTROL.search(language):
        yield Violation(f"{path}.language", f"must have at most {_LANGUAGE_CHARS} characters, none a control character")
    if len(version) > _LANGUAGE_CHARS or CONTROL.search(version):
        fault = f"must have at most {_LANGUAGE_CHARS} characters, none a control character"
        yield Violation(f"{path}.language_version", fault)

"""The log of calls: one line when a call has ended, with who called, what it was about, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import grpc
import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.tracing import trace_fields
from broker_gateway.interfaces.authentication import OPEN_SERVICES
from broker_gateway.interfaces.callers import CHANGES, CLIENT, OWNER, PAGE, SUBJECT, VIA
from broker_gateway.interfaces.method_roles import KEYS, NODES, OPERATIONS
from broker_gateway.interfaces.refusal_counts import LINES_PER_S, RECORDS_PER_S, RefusalRate
from chassis.logs import ACCESS, AUDIT
from schemas.audit import AuditRecord
from schemas.names import is_token

AUDITED = frozenset(("/coderunner.v1.ExecutionService/Cancel",))
"""Methods beside the operators' whose calls are audited: they end what another call began."""
SUBMISSIONS = frozenset(
    f"/coderunner.v1.ExecutionService/{name}"
    for name in ("Submit", "SubmitBatch", "Execute", "SubmitAndWatch", "Interact")
)
REFUSED_FOR_WHO_HE_IS = frozenset((grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED))
NOT_REFUSED = frozenset(
    (
        grpc.StatusCode.OK,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
    )
)
"""What such a call asked for may have been done, whatever its caller heard of it."""
_SUBJECTS = {
    **dict.fromkeys((f"{OPERATIONS}DrainNode", f"{NODES}Join", f"{NODES}Forget"), "node_id"),
    **dict.fromkeys((f"{KEYS}CreateKey", f"{KEYS}RevokeKey"), "key_id"),
}
"""What a method is about, where that is no task."""

Audit = Callable[[AuditRecord], None]
_TOLD: ContextVar[bool] = ContextVar("told", default=False)
"""Whether the trail has the call already."""
_log = structlog.get_logger(__name__)


class AccessLog:
    """Writes a line for each call, or for those alone that are audited. It never holds what was submitted, or what came
    out."""

    def __init__(
        self,
        *,
        every_call: bool,
        submissions: bool = False,
        audit: Audit = lambda _record: None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        """``audit`` is told of each audited call, of refused ones in bounds; ``submissions``: they are among them."""
        self._every_call = every_call
        self._audited = AUDITED | SUBMISSIONS if submissions else AUDITED
        self._audit = audit
        self._now_ms = now_ms
        self._lines = {is_audited: RefusalRate(LINES_PER_S) for is_audited in (True, False)}
        """Apart: what is not audited must not hide what is."""
        self._records = RefusalRate(RECORDS_PER_S)
        self._not_logged = self._not_kept = 0

    def opened(self, method: str) -> None:
        """Writes of a stream that is about to give its first answer, where that is audited: it may go on for days, and
        what was seen was seen, however it ends. Called in the call's own context."""
        if method not in self._audited and not _is_audited(method, grpc.StatusCode.OK):
            return
        fields = self._fields(method, grpc.StatusCode.OK)
        _log.info("call_opened", **fields, kind=AUDIT)
        self._keep(fields["method"], grpc.StatusCode.OK)
        _TOLD.set(True)

    def ended(self, method: str, code: grpc.StatusCode, seconds: float) -> None:
        """Writes of a call of ``/package.Service/Method`` that has ended; called in the call's own context."""
        is_audited = method in self._audited or _is_audited(method, code)
        if _TOLD.get() and code not in REFUSED_FOR_WHO_HE_IS:
            is_audited = False
        if not is_audited and (not self._every_call or method.startswith(OPEN_SERVICES)):
            return
        nothing_was_done = code not in NOT_REFUSED or _is_strangers(code) or _was_in_vain()
        is_bounded = nothing_was_done or (not is_audited and code is not grpc.StatusCode.OK)
        if is_bounded and self._lines[is_audited].is_over(CLIENT.get(), self._now_ms()):
            self._not_logged += 1
            self._not_kept += is_audited
            return
        fields = self._fields(method, code)
        _log.info("call_ended", **fields, ms=round(seconds * 1000, 1), kind=AUDIT if is_audited else ACCESS)
        if not is_audited:
            return
        if nothing_was_done and self._records.is_over(CLIENT.get(), self._now_ms()):
            self._not_kept += 1
            return
        self._keep(fields["method"], code)

    def _keep(self, action: str, code: grpc.StatusCode) -> None:
        """Has the trail keep the call."""
        not_told, self._not_kept = self._not_kept, 0
        self._audit(_record(action, code, self._now_ms(), not_told))

    def _fields(self, method: str, code: grpc.StatusCode) -> dict[str, Any]:
        fields: dict[str, Any] = {"method": method.rpartition("/")[2], "code": code.name, "client": CLIENT.get()}
        subject = SUBJECT.get()
        if subject:
            fields[_SUBJECTS.get(method, "task_id")] = subject
        if OWNER.get() is not None:
            fields["owner"] = OWNER.get()
        page = PAGE.get()
        if page is not None:
            fields["page_key_id"], fields["origin"] = page
        if VIA.get():
            fields["via"] = VIA.get()
        if self._not_logged:
            fields["refusals_not_logged"], self._not_logged = self._not_logged, 0
        fields |= trace_fields()
        return fields


def _is_audited(method: str, code: grpc.StatusCode) -> bool:
    return method.startswith((OPERATIONS, KEYS, NODES)) or code in REFUSED_FOR_WHO_HE_IS or OWNER.get() is not None


def _is_strangers(code: grpc.StatusCode) -> bool:
    """Whether nobody could tell whose call it was: nothing was done for him."""
    return code is grpc.StatusCode.UNAVAILABLE and not CLIENT.get()


def _was_in_vain() -> bool:
    """Whether a caller asked for what was done already, of a task of his own."""
    return not CHANGES.get() and OWNER.get() is None


def _page_key_id() -> str:
    """What a call is about that was refused for what it shows."""
    page = PAGE.get()
    return page[0] if page is not None else ""


def _record(action: str, code: grpc.StatusCode, at_ms: int, not_told: int) -> AuditRecord:
    return AuditRecord(
        at_ms=at_ms,
        action=action if is_token(action) else "unknown",
        outcome=code.name,
        client=CLIENT.get(),
        subject=SUBJECT.get() or _page_key_id(),
        owner=OWNER.get(),
        not_told=not_told,
    )

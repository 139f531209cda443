"""The log of calls: one line when a call has ended, with who called, what it was about, and what became of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import grpc
import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.tracing import trace_fields
from broker_gateway.domain.quota import TokenBucket
from broker_gateway.interfaces.authentication import OPEN_SERVICES
from broker_gateway.interfaces.callers import CLIENT, OWNER, SUBJECT
from broker_gateway.interfaces.method_roles import KEYS, OPERATIONS
from chassis.logs import ACCESS, AUDIT
from schemas.audit import AuditRecord
from schemas.names import is_token

AUDITED = frozenset(("/coderunner.v1.ExecutionService/Cancel",))
"""Methods beside the operators' whose calls are audited: they end what another call began."""
SUBMISSIONS = frozenset(f"/coderunner.v1.ExecutionService/{name}" for name in ("Submit", "SubmitBatch", "Execute"))
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
REFUSALS_PER_S, REFUSALS_AT_ONCE = 20.0, 200
"""Lines about refused calls of one client, all strangers together being one: whoever floods us with them must not fill
the disk, nor hide behind his flood what others do."""
MAX_REFUSED = 1_000
"""Of so many clients it is remembered how often they were refused; the one that was refused the longest ago goes."""
_SUBJECTS = {f"{OPERATIONS}DrainNode": "node_id", f"{KEYS}CreateKey": "key_id", f"{KEYS}RevokeKey": "key_id"}
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
        """``audit`` is told of each audited call of which a line is written; ``submissions``: they are among them."""
        self._every_call = every_call
        self._audited = AUDITED | SUBMISSIONS if submissions else AUDITED
        self._audit = audit
        self._now_ms = now_ms
        self._refused: OrderedDict[tuple[str, bool], TokenBucket] = OrderedDict()
        self._not_logged = 0

    def opened(self, method: str) -> None:
        """Writes of a stream that is about to give its first answer, where that is audited: it may go on for days, and
        what was seen was seen, however it ends. Called in the call's own context."""
        if method not in self._audited and not _is_audited(method, grpc.StatusCode.OK):
            return
        not_told = self._take_not_logged()
        fields = self._fields(method, grpc.StatusCode.OK, not_told)
        _log.info("call_opened", **fields, kind=AUDIT)
        self._audit(_record(fields["method"], grpc.StatusCode.OK, self._now_ms(), not_told))
        _TOLD.set(True)

    def ended(self, method: str, code: grpc.StatusCode, seconds: float) -> None:
        """Writes of a call of ``/package.Service/Method`` that has ended; called in the call's own context."""
        is_audited = method in self._audited or _is_audited(method, code)
        if _TOLD.get() and code not in REFUSED_FOR_WHO_HE_IS:
            is_audited = False
        if not is_audited and (not self._every_call or method.startswith(OPEN_SERVICES)):
            return
        may_be_left_out = not is_audited or code not in NOT_REFUSED or _is_strangers(code)
        if code is not grpc.StatusCode.OK and may_be_left_out and self._is_one_too_many(is_audited=is_audited):
            self._not_logged += 1
            return
        not_told = self._take_not_logged()
        fields = self._fields(method, code, not_told)
        _log.info("call_ended", **fields, ms=round(seconds * 1000, 1), kind=AUDIT if is_audited else ACCESS)
        if is_audited:
            self._audit(_record(fields["method"], code, self._now_ms(), not_told))

    def _take_not_logged(self) -> int:
        """The refused calls of which nothing was written since the last line."""
        not_told, self._not_logged = self._not_logged, 0
        return not_told

    def _is_one_too_many(self, *, is_audited: bool) -> bool:
        """Counts a refusal of the client that calls. What is not audited must not hide what is."""
        whose, now_ms = (CLIENT.get(), is_audited), self._now_ms()
        bucket = self._refused.get(whose)
        if bucket is None:
            bucket = TokenBucket(REFUSALS_PER_S, REFUSALS_AT_ONCE, float(REFUSALS_AT_ONCE), now_ms)
            self._refused[whose] = bucket
        self._refused.move_to_end(whose)
        if len(self._refused) > MAX_REFUSED:
            self._refused.popitem(last=False)
        return bool(bucket.take(now_ms))

    def _fields(self, method: str, code: grpc.StatusCode, not_told: int) -> dict[str, Any]:
        fields: dict[str, Any] = {"method": method.rpartition("/")[2], "code": code.name, "client": CLIENT.get()}
        subject = SUBJECT.get()
        if subject:
            fields[_SUBJECTS.get(method, "task_id")] = subject
        if OWNER.get() is not None:
            fields["owner"] = OWNER.get()
        if not_told:
            fields["refusals_not_logged"] = not_told
        fields |= trace_fields()
        return fields


def _is_audited(method: str, code: grpc.StatusCode) -> bool:
    return method.startswith((OPERATIONS, KEYS)) or code in REFUSED_FOR_WHO_HE_IS or OWNER.get() is not None


def _is_strangers(code: grpc.StatusCode) -> bool:
    """Whether nobody could tell whose call it was: nothing was done for him."""
    return code is grpc.StatusCode.UNAVAILABLE and not CLIENT.get()


def _record(action: str, code: grpc.StatusCode, at_ms: int, not_told: int) -> AuditRecord:
    return AuditRecord(
        at_ms=at_ms,
        action=action if is_token(action) else "unknown",
        outcome=code.name,
        client=CLIENT.get(),
        subject=SUBJECT.get(),
        owner=OWNER.get(),
        not_told=not_told,
    )

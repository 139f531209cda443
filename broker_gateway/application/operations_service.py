"""The use cases of an operator: looking at dead letters, having them tried again, taking nodes out of service."""

from __future__ import annotations

from broker_gateway.application.answer_ports import AnswerStore
from broker_gateway.application.audit import AuditFilter, AuditPage, AuditTrail
from broker_gateway.application.callback_ports import AttemptLedger, RecordPage
from broker_gateway.application.commands import Invalid, UnknownLetter
from broker_gateway.application.operations_ports import DeadLetters, LetterPage
from broker_gateway.application.paging import BAD_TOKEN, page_size
from broker_gateway.application.ports import NodeControl
from broker_gateway.application.redriving import RedriveRefusal, Redriving
from broker_gateway.application.settings import OperationsSettings
from broker_gateway.domain.task_id import TaskId
from broker_gateway.domain.violation import Violation
from schemas.callback import DeliveryState
from schemas.dead_letter import DeadLetter
from schemas.names import is_token
from schemas.node import DRAIN


class OperationsAppService:
    """The application service of operators, one method for each use case. Every method raises BusUnavailableError."""

    def __init__(
        self,
        *,
        dead: DeadLetters,
        redriving: Redriving,
        attempts: AttemptLedger,
        control: NodeControl,
        answers: AnswerStore,
        audit: AuditTrail,
        settings: OperationsSettings,
    ) -> None:
        self._dead = dead
        self._redriving = redriving
        self._attempts = attempts
        self._control = control
        self._answers = answers
        self._audit = audit
        self._settings = settings

    async def list_dead(self, reason: str, size: int, token: str) -> LetterPage | Invalid:
        """One page of dead letters, newest first; an empty ``reason`` takes all, ``size`` 0 the default."""
        checked_size = page_size(size)
        if isinstance(checked_size, Invalid):
            return checked_size
        if reason and not is_token(reason):
            return Invalid([Violation("reason", "is not the reason of any dead letter")])
        try:
            return await self._dead.page(reason, checked_size, token)
        except ValueError:
            return BAD_TOKEN

    async def dead_letter(self, task_id: str) -> DeadLetter | UnknownLetter:
        """The task's newest dead letter, with its payload."""
        name = TaskId.parse(task_id)
        kept = await self._dead.newest(name.value) if name is not None else None
        return UnknownLetter(task_id) if kept is None else kept.letter

    async def redrive(self, task_id: str) -> RedriveRefusal | None:
        """Has the task's dead letters tried again; None once that is done."""
        name = TaskId.parse(task_id)
        return UnknownLetter(task_id) if name is None else await self._redriving.redrive(name.value)

    async def list_callbacks(self, state: str, size: int, token: str) -> RecordPage | Invalid:
        """One page of callbacks that were not taken at the first call, newest word first; an empty ``state`` takes
        all."""
        checked_size = page_size(size)
        if isinstance(checked_size, Invalid):
            return checked_size
        if state and state not in DeliveryState.__members__:
            return Invalid([Violation("state", f"must be one of {', '.join(DeliveryState)}")])
        try:
            return await self._attempts.page(DeliveryState(state) if state else None, checked_size, token)
        except ValueError:
            return BAD_TOKEN

    async def purge_cache(self, language: str, client: str | None) -> int | Invalid:
        """Forgets the kept answers of a language (empty: any) and a client (None: any); how many that were. What runs
        now is not kept either."""
        if language and not is_token(language):
            return Invalid([Violation("language", "is not the name of any language")])
        return await self._answers.purge(language, client)

    async def list_audit(self, wanted: AuditFilter, size: int, token: str) -> AuditPage | Invalid:
        """One page of the audit trail, newest first; ``size`` 0 takes the default."""
        checked_size = page_size(size)
        if isinstance(checked_size, Invalid):
            return checked_size
        if wanted.action and not is_token(wanted.action):
            return Invalid([Violation("action", "is not a method of the API")])
        try:
            return await self._audit.page(wanted, checked_size, token)
        except ValueError:
            return BAD_TOKEN

    async def drain(self, node_id: str) -> bool | Invalid:
        """Tells the node to take no more tasks. False where it did not answer."""
        if not is_token(node_id):
            return Invalid([Violation("id", "is not the id of any node")])
        return await self._control.order(node_id, DRAIN, self._settings.node_answer_s)

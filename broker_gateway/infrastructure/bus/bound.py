"""The one way in which this gateway reads results from the bus: what is not bound to its task by a seal is refused,
counted and logged (docs/adr/0025)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

from broker_gateway.domain.seals import UNSEALED, Seals
from schemas.execution import ResultMessage
from schemas.progress import ProgressMessage
from schemas.reader import Reader

READERS = ("relay", "history", "feed", "lookup", "rerun", "node", "progress")
"""Who reads what nodes say; ``node``: the gateway that answers a node's question."""
_encoder = msgspec.json.Encoder()
_results = Reader(ResultMessage)
_progress = Reader(ProgressMessage)

_log = structlog.get_logger(__name__)


class ForgedError(msgspec.ValidationError):
    """It says otherwise than was submitted, or belongs to another task, or nothing binds it to one."""


class BoundMessages:
    """What nodes say and gateways believe."""

    def __init__(self, seals: Seals = UNSEALED, on_refused: Callable[[str], object] = lambda _reader: None) -> None:
        """``on_refused`` is told who read what was refused."""
        self.seals = seals
        self._on_refused = on_refused

    def result(self, data: bytes, subject: str, *, reader: str) -> ResultMessage:
        """The result in a message on ``subject``, whose last token is its task. Raises ForgedError,
        msgspec.DecodeError."""
        result = _results.decode(data)
        task_id = subject.rpartition(".")[2]
        if not self.seals.binds(result, task_id):
            self._refuse(task_id, reader)
        return result

    def progress(self, data: bytes) -> ProgressMessage:
        """The word in a message on PROGRESS. Raises as ``result`` does."""
        message = _progress.decode(data)
        if not self.seals.binds_progress(message):
            self._refuse(message.progress.execution.id, "progress")
        return message

    def encoded(self, result: ResultMessage) -> bytes:
        """A result of this gateway's own, as it goes on the bus."""
        return _encoder.encode(self.seals.sealed_result(result))

    def _refuse(self, task_id: str, reader: str) -> None:
        self._on_refused(reader)
        _log.warning("result_refused", task_id=task_id[:64], reader=reader)
        raise ForgedError("it is not bound to its task by a seal of this installation")


UNBOUND = BoundMessages()
"""Of gateways without a key: everything is believed."""

"""What a caller is told where we failed: nothing of our insides, which the log has."""

from __future__ import annotations

import grpc
import structlog

from broker_gateway.application.commands import Unavailable
from broker_gateway.application.history_ports import HistoryUnavailableError
from broker_gateway.application.join_ports import DirectoryUnavailableError
from broker_gateway.application.key_ports import KeysUnavailableError
from broker_gateway.interfaces.callers import CLIENT, SUBJECT
from chassis.errors import BusUnavailableError

_log = structlog.get_logger(__name__)


def failure(error: Exception, method: str) -> tuple[grpc.StatusCode, str]:
    """The code and the words for a fault that ended a call; the one place where it becomes a status, and is logged."""
    about = {"method": method, "task_id": SUBJECT.get(), "error": str(error)}
    match error:
        case BusUnavailableError():
            _log.warning("bus_unavailable", **about)
            words = Unavailable.because(error).message
        case HistoryUnavailableError():
            _log.warning("history_unavailable", **about)
            words = f"the history of past tasks does not answer: {error}"
        case KeysUnavailableError():
            _log.warning("keys_unavailable", **about)
            words = f"the database of API keys does not answer: {error}"
        case DirectoryUnavailableError():
            _log.warning("directory_unavailable", **about)
            words = f"the directory makes no users now: {error}"
        case _:
            _log.error("call_failed", method=method, client=CLIENT.get(), task_id=SUBJECT.get(), exc_info=error)
            return grpc.StatusCode.INTERNAL, "internal error; the gateway's log has it"
    return grpc.StatusCode.UNAVAILABLE, words

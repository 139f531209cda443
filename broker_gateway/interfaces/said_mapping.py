"""The mapping of what a client says to a program, and of what it hears."""

from __future__ import annotations

from broker_gateway.application.commands import Invalid
from broker_gateway.application.interacting import NumberedSaid
from broker_gateway.application.telling import Taken
from broker_gateway.domain.interaction import size_violations
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.execution_mapping import chunk_message, execution_message
from coderunner.v1 import execution_pb2 as pb
from schemas.execution import Execution, OutputChunk
from schemas.interaction import SAID_BYTES, Said, SignalName, Terminal

_SIGNALS = {number: SignalName(name) for name, number in pb.Said.Signal.items() if number}


def said_of(message: pb.Said) -> NumberedSaid | Invalid:
    """One thing that is said, or what is wrong with it."""
    if not message.number:
        return Invalid([Violation("said.number", "must be at least 1")])
    said = _said(message)
    return said if isinstance(said, Invalid) else NumberedSaid(message.number, said)


def _said(message: pb.Said) -> Said | Invalid:
    what = message.WhichOneof("what")
    if what == "input" and len(message.input) <= SAID_BYTES:
        return Said.of(message.input)
    if what == "input":
        return Invalid([Violation("said.input", f"must have at most {SAID_BYTES} bytes")])
    if what == "close" and message.close:
        return Said.of(closes=True)
    if what == "signal" and message.signal in _SIGNALS:
        return Said.of(signal=_SIGNALS[message.signal])
    if what == "terminal":
        size = message.terminal.rows, message.terminal.columns
        violations = list(size_violations(size, "said.terminal"))
        return Invalid(violations) if violations else Said.of(terminal=Terminal(rows=size[0], columns=size[1]))
    return Invalid([Violation("said", "must be input, a close, a known signal or the size of a terminal")])


def heard_message(item: Execution | OutputChunk | Taken) -> pb.InteractResponse:
    """What a client hears."""
    if isinstance(item, Taken):
        return pb.InteractResponse(taken=pb.Taken(number=item.number, attempt=item.attempt))
    if isinstance(item, Execution):
        return pb.InteractResponse(execution=execution_message(item))
    if item.stream == "stdin":
        return pb.InteractResponse(waits=pb.Waits(attempt=item.attempt))
    return pb.InteractResponse(output=chunk_message(item))

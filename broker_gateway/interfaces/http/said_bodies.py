"""What a caller says to a program over a WebSocket, and what he hears, as JSON by the names of the proto."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from broker_gateway.application.commands import Invalid
from broker_gateway.application.interacting import NumberedSaid
from broker_gateway.application.telling import Taken
from broker_gateway.interfaces.http.bodies import Count, TaskBody, TerminalBody
from broker_gateway.interfaces.http.problems import Problem
from broker_gateway.interfaces.said_mapping import said_of
from coderunner.v1 import execution_pb2 as pb
from schemas.execution import Execution, OutputChunk
from schemas.interaction import SignalName

_encode = msgspec.json.Encoder().encode
_ALTERNATIVES = "must be one of input, input_data, close, signal, terminal"


class SaidBody(Struct, forbid_unknown_fields=True):
    """One thing that is said to a program; one field beside its number."""

    number: Annotated[Count, Meta(description="1 for the first thing that is said to a task, and one more for each")]
    input: Annotated[str | None, Meta(description="for its standard input, at most 64 KiB")] = None
    input_data: Annotated[bytes | None, Meta(description="in place of input: bytes, in base64")] = None
    close: Annotated[bool, Meta(description="its standard input ends")] = False
    signal: SignalName | None = None
    terminal: Annotated[TerminalBody | None, Meta(description="its terminal has this size now")] = None

    def __post_init__(self) -> None:
        set_ones = (self.input is not None, self.input_data is not None, self.close, self.signal, self.terminal)
        if sum(map(bool, set_ones)) != 1:
            raise ValueError(_ALTERNATIVES)

    def said(self) -> NumberedSaid | Invalid:
        """What it is, or what is wrong with it."""
        message = pb.Said(number=self.number)
        if self.input is not None:
            message.input = self.input.encode(errors="surrogatepass")
        elif self.input_data is not None:
            message.input = self.input_data
        elif self.signal is not None:
            message.signal = getattr(pb.Said, self.signal)
        elif self.terminal is not None:
            rows, columns = (min(size, 1 << 31) for size in (self.terminal.rows, self.terminal.columns))
            message.terminal.CopyFrom(pb.Terminal(rows=rows, columns=columns))
        else:
            message.close = True
        return said_of(message)


class InteractMessage(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a caller sends: a task to begin with, where none is in the path, and then what he says."""

    begin: TaskBody | None = None
    said: SaidBody | None = None

    def __post_init__(self) -> None:
        if (self.begin is None) is (self.said is None):
            raise ValueError("must be one of begin, said")


class WaitsBody(Struct):
    """The program waits for its input now."""

    attempt: int


class TakenBody(Struct):
    """The program's node has all that was said up to this number, in this attempt."""

    number: int
    attempt: int


class InteractEvent(Struct, omit_defaults=True):
    """What a caller hears; one of these. The last is an execution that has ended, or an error."""

    execution: Execution | None = None
    output: OutputChunk | None = None
    waits: WaitsBody | None = None
    taken: TakenBody | None = None
    error: Problem | None = None

    def text(self) -> str:
        """As it is sent."""
        return _encode(self).decode()


def taken_event(taken: Taken) -> InteractEvent:
    """How much the program's node has."""
    return InteractEvent(taken=TakenBody(taken.number, taken.attempt))

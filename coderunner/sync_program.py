"""A program that is talked to, for callers without an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self

from coderunner.model import Execution
from coderunner.program import Event, Program, Signal

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
Iterate = Callable[[AsyncIterator[Event]], Iterator[Event]]


class SyncProgram:
    """A program, from the beginning of its ``with`` block to its end, with the methods of Program: who leaves the block
    before the program has ended ends it. Iterating waits for the next event; meanwhile other threads may write. Every
    method raises CodeRunnerError or one of its kinds."""

    def __init__(self, program: Program, wait: Wait, iterate: Iterate) -> None:
        """``wait`` and ``iterate``: of the client whose loop it runs in."""
        self._program, self._wait, self._iterate = program, wait, iterate

    @property
    def id(self) -> str:
        """The task's id; empty until it is accepted."""
        return self._program.id

    def __enter__(self) -> Self:
        self._wait(self._program.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait(self._program.__aexit__(kind, error, trace))

    def __iter__(self) -> Iterator[Event]:
        return self._iterate(aiter(self._program))

    def write(self, data: str | bytes) -> None:
        """Gives it more of its standard input: at most 1 MiB in all."""
        self._wait(self._program.write(data))

    def close_input(self) -> None:
        """Its standard input ends."""
        self._wait(self._program.close_input())

    def signal(self, name: Signal) -> None:
        """Sends a signal to it, and to the processes of its group."""
        self._wait(self._program.signal(name))

    def resize(self, rows: int, columns: int) -> None:
        """Its terminal has this size now."""
        self._wait(self._program.resize(rows, columns))

    def result(self) -> Execution:
        """Waits for its end; passes over what is told before."""
        result: Execution = self._wait(self._program.result())
        return result

"""A program of ``coderunner run -i``: what is typed goes to it while it runs, and what it prints comes at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from coderunner.cli.output import write
from coderunner.errors import TimedOut
from coderunner.model import Execution, Output, Stream
from coderunner.task import Terminal

if TYPE_CHECKING:
    from coderunner.program import Program

_READ_BYTES = 16 << 10
_LEAVE = b"\x1d"
"""Ctrl-], as of old: everything else on a terminal is the program's."""


async def talk(begin: Callable[[Terminal | None], Program], *, on_terminal: bool, timeout_s: float | None) -> Execution:
    """The result of the program that ``begin`` makes, which gets this command's standard input as it comes.
    ``on_terminal``: it runs on a terminal of this one's size, which passes on every key; Ctrl-] leaves. Otherwise
    Ctrl-C is sent to it as a signal, and pressed once more it ends. Whoever leaves ends it. Raises CodeRunnerError,
    KeyboardInterrupt."""
    try:
        async with asyncio.timeout(timeout_s), begin(_size() if on_terminal else None) as program:
            with _raw_terminal(program) if on_terminal else _signals(program):
                reading = asyncio.create_task(_pass_on_input(program, asyncio.current_task(), on_terminal=on_terminal))
                try:
                    return await _show(program)
                finally:
                    reading.cancel()
    except TimeoutError:
        raise TimedOut(f"no result within {timeout_s:g} s; the task is cancelled") from None


async def _show(program: Program) -> Execution:
    async for event in program:
        if isinstance(event, Output):
            write(event.text, to_stderr=event.stream is Stream.STDERR or event.stage == "compile")
    return await program.result()


async def _pass_on_input(program: Program, whole: asyncio.Task[object] | None, *, on_terminal: bool) -> None:
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    threading.Thread(target=_read, args=(asyncio.get_running_loop(), pieces), daemon=True).start()
    while piece := await pieces.get():
        if on_terminal and piece == _LEAVE and whole is not None:
            whole.cancel()
            return
        await program.write(piece)
    await program.close_input()


def _read(loop: asyncio.AbstractEventLoop, pieces: asyncio.Queue[bytes]) -> None:
    """In a thread of its own, which ends with the process: nothing else can wait for every kind of standard input."""
    with suppress(RuntimeError, OSError):  # the loop has ended
        while piece := os.read(0, _READ_BYTES):
            loop.call_soon_threadsafe(pieces.put_nowait, piece)
        loop.call_soon_threadsafe(pieces.put_nowait, b"")


def _size() -> Terminal:
    with suppress(OSError):
        size = os.get_terminal_size(sys.stdout.fileno())
        if size.lines and size.columns:
            return Terminal(min(size.lines, 1000), min(size.columns, 1000))
    return Terminal()


@contextmanager
def _raw_terminal(program: Program) -> Iterator[None]:
    """Every key is passed on, and so is the size when it changes."""
    import termios  # noqa: PLC0415 - only where there are terminals
    import tty  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    before = termios.tcgetattr(0) if os.isatty(0) else None
    resizing: set[asyncio.Task[None]] = set()

    def resize() -> None:
        size = _size()
        task = loop.create_task(program.resize(size.rows, size.columns))
        resizing.add(task)
        task.add_done_callback(resizing.discard)

    loop.add_signal_handler(signal.SIGWINCH, resize)
    try:
        if before is not None:
            tty.setraw(0)
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
        if before is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextmanager
def _signals(program: Program) -> Iterator[None]:
    """The first Ctrl-C is the program's, the second one ends it."""
    loop, whole = asyncio.get_running_loop(), asyncio.current_task()
    sent: list[asyncio.Task[None]] = []

    def interrupt() -> None:
        if sent and whole is not None:
            whole.cancel()
        else:
            sent.append(loop.create_task(program.signal("INT")))

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)

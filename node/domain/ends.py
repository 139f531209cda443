"""What is to be said of an end that no line of the program is known for: a signal's usual causes, and the account of a
memory limit."""

from __future__ import annotations

from signal import Signals

import msgspec

from node.domain.language import Language
from node.domain.patterns import Match, matches
from node.domain.sandbox import Ending, Outcome
from node.domain.text import printable
from schemas.diagnostic import MAX_MESSAGE, Diagnostic
from schemas.status import Severity
from schemas.task import Limits

MEMORY_LIMIT_CODE = "memory limit"
END_OF_INPUT_CODE = "end of input"
_LAST_WORDS_BYTES = 64 << 10
"""Of standard error: where a runtime says what it could not allocate."""
_MOST_MATCHES = 64
_MIB = 1 << 20
_SENT = "sent by the program itself, or by a process of its own"
_USUAL_CAUSES: dict[int, str] = {
    Signals.SIGSEGV: "used an address that is not the program's: usually a null or dangling pointer, an index outside "
    "its array, or a recursion without end",
    Signals.SIGABRT: "gave up by itself: usually a failed assertion, an exception that nothing caught, or a heap that "
    "was written to where it must not be",
    Signals.SIGFPE: "an integer operation without a result: usually a division by zero, or of the smallest "
    "integer by -1",
    Signals.SIGILL: "came to an instruction that there is not: usually a function that ends without its return, a "
    "check that the compiler put there, or code for another processor",
    Signals.SIGBUS: "used memory with nothing behind it: usually a mapped file that is shorter than its mapping, or "
    "a full disk under one",
    Signals.SIGTRAP: "came to a trap: usually a check that the compiler or the runtime put there",
    Signals.SIGPIPE: "wrote into a pipe or socket that nobody reads any more",
    Signals.SIGXFSZ: "wrote more into one file than its limit allows",
    Signals.SIGXCPU: "used up a limit of processor time that it had set itself",
    Signals.SIGSYS: "made a system call that is not allowed here",
    Signals.SIGALRM: "its own alarm went off, and nothing handled it",
    Signals.SIGKILL: _SENT,
}


def signal_name(number: int) -> str:
    """``SIGSEGV``; ``signal 42`` for one without a name."""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_words(number: int) -> str:
    """``signal 11 (SIGSEGV)``."""
    name = signal_name(number)
    return f"signal {number} ({name})" if name.startswith("SIG") else name


def end_of(outcome: Outcome, limits: Limits, language: Language, stage: str) -> list[Diagnostic]:
    """One diagnostic, in no file, of an end by a signal or by the limit of memory; none of any other."""
    if outcome.ending is Ending.MEMORY:
        return [_in_no_file(stage, _memory_words(outcome, limits, language), MEMORY_LIMIT_CODE)]
    if outcome.ending is Ending.EXITED and outcome.signal is not None:
        return [_in_no_file(stage, _USUAL_CAUSES.get(outcome.signal, _SENT), signal_name(outcome.signal))]
    return []


def end_of_input(
    outcome: Outcome, language: Language, stage: str, stdin_bytes: int, error: Diagnostic | None
) -> list[Diagnostic]:
    """One note, where the program failed because it read on after all of its standard input, of ``stdin_bytes``: at the
    place of the ``error`` that ended it, in no file where that is not told. None of any other end."""
    if outcome.ending is not Ending.EXITED or outcome.exit_code == 0 or not language.end_of_input_pattern:
        return []
    text = outcome.stderr[-_LAST_WORDS_BYTES:].decode(errors="replace")
    if not matches(language.end_of_input_pattern, text, 1):
        return []
    has = f"is {stdin_bytes} bytes" if stdin_bytes else "is empty"
    message = f"the program probably reads more than its standard input has, which {has}"
    at = error or _in_no_file(stage, message, END_OF_INPUT_CODE)
    return [msgspec.structs.replace(at, severity=Severity.NOTE, message=message, code=END_OF_INPUT_CODE)]


def _memory_words(outcome: Outcome, limits: Limits, language: Language) -> str:
    peak = f"its peak was {_mib(outcome.peak_memory_bytes)} of {_mib(limits.memory_bytes)} MiB"
    said = _allocation(outcome, language)
    return f"{peak}; its runtime says: {said}" if said else peak


def _allocation(outcome: Outcome, language: Language) -> str:
    """What the runtime says of what it could not allocate; empty where it says nothing."""
    text = outcome.stderr[-_LAST_WORDS_BYTES:].decode(errors="replace")
    for pattern in (language.allocation_pattern, language.out_of_memory_pattern):
        if pattern and (found := _last(f".*(?:{pattern}).*", text)):
            return printable(found.text.strip(), MAX_MESSAGE)
    return ""


def _last(pattern: str, text: str) -> Match | None:
    found = matches(pattern, text, _MOST_MATCHES)
    return found[-1] if found else None


def _mib(size: int) -> str:
    return f"{size / _MIB:.1f}".removesuffix(".0")


def _in_no_file(stage: str, message: str, code: str) -> Diagnostic:
    return Diagnostic(
        stage=stage,
        file="",
        line=0,
        column=0,
        severity=Severity.ERROR,
        message=message[:MAX_MESSAGE],
        code=code,
    )

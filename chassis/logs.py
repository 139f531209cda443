"""The set-up of the log lines: JSON for machines, words and colours for people."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any, TextIO

import msgspec
import stamina
import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

_ALWAYS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(log_format: str, level: str) -> None:
    """Sets up this process's log: ``json`` or ``console``; ``debug``, ``info``, ``warning`` or ``error``. Lines go to
    standard error, those of libraries (from WARNING on) too. Where that is no terminal, ``console`` is one
    ``key=value`` after the other: columns would take twice the time."""
    final = _json() if log_format == "json" else _console()
    structlog.configure(
        processors=[*_ALWAYS, *final],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(final)


def _json() -> list[Processor]:
    """Without local variables in tracebacks: submissions and tokens are among them."""
    return [structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)), _encoded]


def _encoded(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    try:
        line = msgspec.json.encode(event, enc_hook=str).decode()
        return line if line.isprintable() else json.dumps(event, default=str, skipkeys=True)
    except UnicodeEncodeError:  # a file name or a header that is no UTF-8: a log line must not fail who writes it
        return json.dumps(event, default=str, skipkeys=True)


def _console() -> list[Processor]:
    if sys.stderr.isatty():
        return [_spelled_out, structlog.dev.ConsoleRenderer(exception_formatter=_traceback)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
    ]


def _spelled_out(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What others wrote must not move the cursor of who reads it. The other formats quote every text."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _printable(value)
    return event


def _printable(text: str, keep: str = "") -> str:
    if text.isprintable():
        return text
    return "".join(one if one in keep or one.isprintable() else repr(one)[1:-1] for one in text)


def _traceback(into: TextIO, exc_info: ExcInfo) -> None:
    written = io.StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    into.write(_printable(written.getvalue(), keep="\n\t"))


def _configure_libraries(final: list[Processor]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    processors: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=processors, foreign_pre_chain=list(_ALWAYS)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # says again what our own callbacks are told
    stamina.instrumentation.set_on_retry_hooks(
        []
    )  # our adapters say once that a part is away, and once that it is back

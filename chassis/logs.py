"""The set-up of the log lines: JSON for machines, words and colours for people."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import msgspec
import stamina
import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

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
        return msgspec.json.encode(event, enc_hook=str).decode()
    except UnicodeEncodeError:  # a file name or a header that is no UTF-8: a log line must not fail who writes it
        return json.dumps(event, default=str, skipkeys=True)


def _console() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
    ]


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

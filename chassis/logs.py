"""The set-up of the log lines: JSON for machines, words and colours for people.

Each line is of one ``kind``: ``access`` (a call or an HTTP request has ended), ``audit`` (somebody changed something,
or was refused for who he is), ``error`` (a fault of ours), and ``business`` (all others).
"""

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

ACCESS = "access"
AUDIT = "audit"
BUSINESS = "business"
ERROR = "error"

_NUMBERS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()}


class LogLevel:
    """The level from which on this process's lines are written. It may change while the process runs."""

    def __init__(self, name: str) -> None:
        """``debug``, ``info``, ``warning`` or ``error``."""
        self.set(name)

    def set(self, name: str) -> None:
        """From now on. Raises KeyError for another name."""
        self._number = _NUMBERS[name]

    def lets_pass(self, method: str, kind: object) -> bool:
        """Whether a line is written. What is audited always is."""
        return kind == AUDIT or _NUMBERS[method] >= self._number


def _with_kind(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if "kind" not in event:
        event["kind"] = ERROR if event["level"] in {"error", "critical"} else BUSINESS
    return event


_ALWAYS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    _with_kind,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(log_format: str, level: str) -> LogLevel:
    """Sets up this process's log: ``json`` or ``console``; ``debug``, ``info``, ``warning`` or ``error``. Lines go to
    standard error, those of libraries (from WARNING on) too. Where that is no terminal, ``console`` is one
    ``key=value`` after the other: columns would take twice the time. Returns what the level can be changed with."""
    log_level = LogLevel(level)
    final = _json() if log_format == "json" else _console()
    structlog.configure(
        processors=[*_ALWAYS, *final],
        wrapper_class=_logger_class(log_level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(final)
    return log_level


def _logger_class(level: LogLevel) -> type[structlog.typing.FilteringBoundLogger]:
    """Loggers are kept by whoever has one, so that the level is asked for at each line."""
    every: Any = structlog.make_filtering_bound_logger(logging.DEBUG)

    class Logger(every):  # type: ignore[misc]  # made by structlog at run time
        def _proxy_to_logger(self, method_name: str, event: str | None = None, *args: Any, **values: Any) -> Any:
            if level.lets_pass(method_name, values.get("kind")):
                return super()._proxy_to_logger(method_name, event, *args, **values)
            return None

    return Logger


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

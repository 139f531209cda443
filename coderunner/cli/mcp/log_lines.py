"""The log of the server: warnings of its libraries on standard error, a line each, spelled out."""

from __future__ import annotations

import logging

from coderunner.cli.mcp.bounds import few_words
from coderunner.cli.output import print_notice


class _Lines(logging.Handler):
    """Callers' words stand in some of the records."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        what = f": {type(error).__name__}: {error}" if error is not None else ""
        print_notice(few_words(record.getMessage() + what))


def log_to_stderr() -> None:
    logging.basicConfig(handlers=[_Lines(logging.WARNING)], level=logging.WARNING, force=True)

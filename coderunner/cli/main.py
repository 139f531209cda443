"""The entry point of the command: one sentence and an exit code for whatever goes wrong, never a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from coderunner.cli import exit_codes
from coderunner.cli.app import cli
from coderunner.cli.output import ReaderGoneError, print_notice
from coderunner.errors import CodeRunnerError, GatewayUnavailable, InvalidTask, LanguageUnavailable, QueueFull


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Exits with the codes of ``exit_codes``."""
    code = outcome(sys.argv[1:] if arguments is None else arguments)
    sys.exit(code)


def outcome(arguments: Sequence[str]) -> int:
    """Runs one command and returns what to exit with."""
    try:
        code = cli.main(args=list(arguments), prog_name="coderunner", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        print_notice(_usage(error))
        return exit_codes.WRONG_INPUT
    except CodeRunnerError as error:
        print_notice(_sentence(error))
        return exit_codes.of_error(error)
    except (KeyboardInterrupt, click.Abort):
        return exit_codes.INTERRUPTED
    except ReaderGoneError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter's last flush must not fail
        return exit_codes.BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the last resort: users get a sentence, never a traceback
        return _unexpected(error)
    return code if isinstance(code, int) else exit_codes.OK


def _usage(error: click.ClickException) -> str:
    words = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{words.rstrip('.')}; try '{error.ctx.command_path} --help'."
    return words


def _sentence(error: CodeRunnerError) -> str:
    if isinstance(error, InvalidTask) and error.violations:
        return "; ".join(f"{violation.field}: {violation.description}" for violation in error.violations)
    if isinstance(error, GatewayUnavailable):
        return f"{error}. Start it ('make demo') or set CODERUNNER_GATEWAY; 'coderunner doctor' says what is wrong."
    if isinstance(error, LanguageUnavailable):
        return f"{error}. 'coderunner languages' lists what is served now."
    if isinstance(error, QueueFull) and error.retry_after is not None:
        return f"{error}. Try again in {error.retry_after:g} s."
    return str(error)


def _unexpected(error: Exception) -> int:
    if os.environ.get("CODERUNNER_DEBUG"):
        traceback.print_exception(error)
    words = " ".join(str(error).split())
    print_notice(f"this should not happen: {type(error).__name__}: {words} (CODERUNNER_DEBUG=1 shows where).")
    return exit_codes.OUR_FAILURE

"""How a join may end before its end."""

from __future__ import annotations

FAILED = 1
WRONG_INPUT = 2
INTERRUPTED = 130
"""As a shell after Ctrl-C."""


class JoinError(Exception):
    """The machine is no node yet, or not all of it is set up: one sentence for who called. The same command may be
    repeated."""

    code = FAILED


class WrongInputError(JoinError):
    """Repeated as it is, the command fails again: an argument, a file, the token or the node's id must be another."""

    code = WRONG_INPUT

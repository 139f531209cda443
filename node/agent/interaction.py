"""A run that is talked to: when it waits for its input, and how long it may last."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .account import Account
from .blocked import FileId, waits_for

_QUIET_S = 0.002
"""A program that has just printed something, or was given something, is looked at after this."""
_BETWEEN_LOOKS_S = 0.01
_LONGEST_S = 0.1
"""Between two looks at a program that neither prints nor is given anything."""


class Interaction:
    """Looks whether the program waits for its input, tells so once each time, and stops its clock meanwhile where that
    was asked for. The time of the whole session goes on."""

    def __init__(
        self,
        asked: dict[str, Any],
        account: Account,
        stdin: FileId,
        user: tuple[int, int],
        known: set[int],
        tell: Callable[[], None],
    ) -> None:
        """``asked``: ``session_ms`` and ``clock_stands``; ``known``: processes in the slot that are not the
        program's."""
        self._account = account
        self._stdin, self._user, self._known = stdin, user, known
        self._tell = tell
        self._clock_stands = bool(asked["clock_stands"])
        self._ends = time.monotonic() + float(asked["session_ms"]) / 1e3
        self._waits = False
        self._looked = 0.0
        self._pause_s = _QUIET_S
        self._next = time.monotonic() + _QUIET_S

    @property
    def is_over(self) -> bool:
        """Whether the whole session has lasted as long as it may."""
        return time.monotonic() >= self._ends

    def next_look_s(self) -> float:
        """Seconds until ``look`` has something to do."""
        return max(0.0, min(self._next, self._ends) - time.monotonic())

    def touched(self) -> None:
        """It has printed something, or was given something: it may wait for the next soon."""
        self._goes_on()
        self._pause_s = _QUIET_S
        self._next = max(time.monotonic() + _QUIET_S, self._looked + _BETWEEN_LOOKS_S)

    def look(self) -> None:
        """Looks at the program, where it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        began_s = time.process_time()
        waits = waits_for(self._stdin, self._user, self._known)
        if not waits:  # or whoever makes us look often would have it for nothing
            self._account.charge((time.process_time() - began_s) * 1e3)
        self._looked = now
        self._pause_s = min(max(2 * self._pause_s, _BETWEEN_LOOKS_S), _LONGEST_S)
        self._next = now + self._pause_s
        if waits and not self._waits:
            self._waits = True
            if self._clock_stands:
                self._account.hold_clock()
            self._tell()
        elif not waits:
            self._goes_on()

    def _goes_on(self) -> None:
        if self._waits:
            self._waits = False
            self._account.go_on()

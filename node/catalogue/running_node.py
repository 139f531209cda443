"""The node that runs on this machine, as it tells of itself over HTTP."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from contextlib import closing

from node.infrastructure.told_languages import LANGUAGES_PATH, ToldLanguage, ToldNode, read_told

_LOOK_EVERY_S = 0.1
_ANSWER_S = 5.0
_MAX_BYTES = 1 << 20
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "": "127.0.0.1"}  # noqa: S104 - where it listens, not we

Told = Mapping[str, ToldLanguage]


class RunningNode:
    """Where the node's health listens (its setting ``http_address``)."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.address = f"{_LOOPBACK.get(host, host)}:{port}"

    def told(self) -> ToldNode | None:
        """What it says of itself; None where no node answers."""
        try:
            with closing(http.client.HTTPConnection(self.address, timeout=_ANSWER_S)) as connection:
                connection.request("GET", LANGUAGES_PATH)
                answer = connection.getresponse()
                return read_told(answer.read(_MAX_BYTES)) if answer.status == http.HTTPStatus.OK else None
        except (OSError, http.client.HTTPException, ValueError):
            return None

    def languages(self) -> Told | None:
        """Its languages by id; None where no node answers."""
        told = self.told()
        return None if told is None else told.languages

    def wait(self, until: Callable[[ToldNode], bool], within_s: float) -> ToldNode | None:
        """What it says once that is so, or at the end of that time; None where none answers any more."""
        deadline = time.monotonic() + within_s
        while True:
            told = self.told()
            if told is None or until(told) or time.monotonic() >= deadline:
                return told
            time.sleep(_LOOK_EVERY_S)

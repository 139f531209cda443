"""What a reader's page is told where nothing runs: a problem (RFC 9457), in the words of the gateway's own API."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from coderunner.errors import (
    CodeRunnerError,
    GatewayUnavailable,
    InvalidTask,
    LanguageUnavailable,
    NotFound,
    QueueFull,
    Violation,
)

MEDIA_TYPE = "application/problem+json"
BAD, FORBIDDEN, NOT_FOUND, TIMEOUT, TOO_LARGE, WRONG_TYPE, NO_SOCKET, TOO_MANY, FAILED, AWAY = (
    *(400, 403, 404, 408, 413, 415, 426, 429, 502, 503),
)
_TASK = "task."
_MAX_VIOLATIONS = 16
_MAX_CHARS = 400


class Problem(Exception):  # noqa: N818 - the standard's own word
    """Why a request is not served."""

    def __init__(
        self, status: int, detail: str, *, violations: Iterable[Violation] = (), retry_after_ms: int = 0
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.violations = tuple(violations)[:_MAX_VIOLATIONS]
        self.retry_after_ms = retry_after_ms

    def data(self) -> dict[str, Any]:
        """Its object."""
        told: dict[str, Any] = {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": str(self)[:_MAX_CHARS],
        }
        if self.violations:
            told["violations"] = [
                {
                    "field": one.field.removeprefix(_TASK)[:_MAX_CHARS],
                    "description": one.description[:_MAX_CHARS],
                }
                for one in self.violations
            ]
        if self.retry_after_ms:
            told["retry_after_ms"] = self.retry_after_ms
        return told

    def body(self) -> bytes:
        """Its object as JSON."""
        return json.dumps(self.data()).encode()

    def headers(self) -> dict[str, str]:
        """The headers that go with it."""
        retry = {"Retry-After": str(-(-self.retry_after_ms // 1000))} if self.retry_after_ms else {}
        return {"Cache-Control": "no-store", **retry}


def problem_of(error: CodeRunnerError) -> Problem:
    """The problem that tells a reader of it. What is wrong between the backend and the gateway is none of his
    business."""
    if isinstance(error, InvalidTask):
        return Problem(BAD, str(error), violations=error.violations)
    if isinstance(error, LanguageUnavailable):
        return Problem(BAD, str(error))
    if isinstance(error, QueueFull):
        after_ms = int((error.retry_after or 0) * 1000)
        return Problem(TOO_MANY, "Many readers run programs just now. Please wait a moment.", retry_after_ms=after_ms)
    if isinstance(error, NotFound):
        return Problem(NOT_FOUND, "This run is not known, or not any more.")
    if isinstance(error, GatewayUnavailable):
        return Problem(AWAY, "Programs cannot be run just now. Please try again in a minute.")
    return Problem(FAILED, "Something broke on the server.")

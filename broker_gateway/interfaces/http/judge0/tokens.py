"""Tokens: of submissions, which are the ids of their tasks, and of callers."""

from __future__ import annotations

import re

from starlette.requests import Request

from broker_gateway.interfaces.http.calls import bearer_of

AUTHENTICATION = "X-Auth-Token"
_VERSION_AT = 12
"""Where a UUID without dashes has the digit of its version."""
_TIMED, _RANDOM = "7", "4"
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def token_of(task_id: str) -> str:
    """The token of the submission: the id, a UUID of version 7, with dashes and as one of version 4, the only kind that
    Judge0's own SDK takes. An id that is none of ours is its own token."""
    if not _ID.fullmatch(task_id) or task_id[_VERSION_AT] != _TIMED:
        return task_id
    digits = task_id[:_VERSION_AT] + _RANDOM + task_id[_VERSION_AT + 1 :]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def task_id_of(token: str) -> str:
    """The id of the submission's task. An id will do as well."""
    if not _TOKEN.fullmatch(token):
        return token
    digits = token.replace("-", "").lower()
    return digits[:_VERSION_AT] + _TIMED + digits[_VERSION_AT + 1 :]


def callers_token(request: Request) -> str:
    """The caller's token, from where Judge0's clients have it, or else from ``Authorization: Bearer``; empty where
    there is none."""
    told = request.headers.get(AUTHENTICATION) or request.query_params.get(AUTHENTICATION)
    return told or bearer_of(request)

"""The client that calls, carried along with the call."""

from __future__ import annotations

from contextvars import ContextVar

from broker_gateway.application.commands import Lasts, lasts_for_ever
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.quota import TaskRate

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""Name of the client whose call is being served; empty where no token is asked for."""
ROLES: ContextVar[frozenset[ClientRole]] = ContextVar("roles", default=frozenset())
"""What that client may do; nothing where no token is asked for, which is where nobody looks."""
RATE: ContextVar[TaskRate | None] = ContextVar("rate", default=None)
"""At which that client's tasks are taken in this way; None: as all others of the client."""
LASTS: ContextVar[Lasts] = ContextVar("lasts", default=lasts_for_ever)
"""Whether that client is still known, in a call that waits for a task."""
SUBJECT: ContextVar[str] = ContextVar("subject", default="")
"""Id of the task, the node or the API key that the call is about, at most ``MAX_SUBJECT_CHARS`` of it; empty where
there is none."""
OWNER: ContextVar[str | None] = ContextVar("owner", default=None)
"""Whose task the call is about, where an operator asks for another client's; empty where it is a list of everybody's,
or nobody knows whose it is; None elsewhere."""
CHANGES: ContextVar[bool] = ContextVar("changes", default=True)
"""False where the call, though it was taken, turned out to have nothing to do."""
MAX_SUBJECT_CHARS = 64

"""The client that calls, carried along with the call."""

from __future__ import annotations

from contextvars import ContextVar

from broker_gateway.application.commands import Caller, Lasts, Visitor, lasts_for_ever
from broker_gateway.application.tracing import TRACEPARENT
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.origin import MAX_ORIGIN_CHARS
from broker_gateway.domain.quota import TaskRate
from schemas import trace

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""Name of the client whose call is being served; empty where no token is asked for."""
ROLES: ContextVar[frozenset[ClientRole]] = ContextVar("roles", default=frozenset())
"""What that client may do; nothing where no token is asked for, which is where nobody looks."""
RATE: ContextVar[TaskRate | None] = ContextVar("rate", default=None)
"""At which that client's tasks are taken in this way; None: as all others of the client."""
VISITOR: ContextVar[Visitor | None] = ContextVar("visitor", default=None)
"""The reader of a page of that client's, where he calls with a publishable key; None: the client itself calls."""
PAGE: ContextVar[tuple[str, str] | None] = ContextVar("page", default=None)
"""The id of the publishable key that the call shows, and the origin of the page that it says it comes from, at most
``MAX_ORIGIN_CHARS`` of it; None where it shows none."""
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
VIA: ContextVar[str] = ContextVar("via", default="")
"""``http`` where the call came over HTTP; empty where it came over gRPC."""
MAX_SUBJECT_CHARS = 64


def note_subject(subject: str) -> None:
    """Says what the call is about, whatever a caller wrote there."""
    SUBJECT.set(subject[:MAX_SUBJECT_CHARS])


def note_page(key_id: str, origin: str) -> None:
    """Says which publishable key the call shows, and what it says of its page, whatever stands there."""
    PAGE.set((key_id, origin[:MAX_ORIGIN_CHARS]))


def note_trace(traceparent: str) -> None:
    """Says of which trace the call is a part, where its header can be read."""
    TRACEPARENT.set(trace.traceparent_of(traceparent))


class Asking:
    """The one who calls, as the use cases know him."""

    def __init__(self, *, asks_who: bool) -> None:
        """``asks_who``: callers are known by their tokens, and each sees its own tasks."""
        self._asks_who = asks_who

    def caller(self, for_all: ClientRole = ClientRole.READ_ALL) -> Caller:
        """``for_all``: the role with which everybody's tasks are the caller's business."""
        return Caller(CLIENT.get(), sees_all=for_all in ROLES.get() or not self._asks_who)

    @property
    def reads(self) -> bool:
        """Whether the caller may look at what came of its client's tasks, beside waiting for those that it submits."""
        return ClientRole.READ_OWN in ROLES.get() or VISITOR.get() is not None or not self._asks_who

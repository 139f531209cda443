"""How a service reaches the bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.backoff import Backoff
from chassis.certificates import ServerTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class BusSettings:
    """The settings of a connection to the bus."""

    urls: Sequence[str] = ("nats://127.0.0.1:4222",)
    user: str = ""
    password: str = ""
    credentials: str = ""
    """Path of a NATS credentials file, in place of user and password."""
    nkey: str = ""
    """Path of the file that holds the user's seed (NKey), in place of user and password."""
    trust: ServerTrust | None = None
    """How it is known that it is the bus; None: it is not asked for, and nothing is encrypted."""
    name: str = "coderunner"
    """Shown by the server's connection list."""
    inbox_prefix: str = "_INBOX"
    """Of reply subjects; nats.conf lets each role listen to its own only."""
    timeout_s: float = 5.0
    """How long one call may take, a reconnection included."""
    post_after_s: float = 0.0
    """How long a post may wait for others to leave with."""
    gather_s: float = 0.0
    """How long a request may be held back, under load, for others to leave with; 0: it never is."""
    reconnect_base_s: float = 0.1
    reconnect_max_s: float = 5.0
    reconnect_tries: int = 0
    """In a row, before it is given up; 0: for ever."""

    @property
    def backoff(self) -> Backoff:
        """The policy of connecting again, and of whatever else waits for the bus."""
        return Backoff(self.reconnect_base_s, self.reconnect_max_s)

"""The client's types of API keys."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of an API key."""

    id: str
    client: str
    """The client that whoever shows it is."""
    roles: tuple[str, ...]
    """Some of ``submit``, ``read-own``, ``read-all``, ``operate``, ``join``, ``admin``; or ``page``: publishable."""
    created_at_ms: int
    """Unix milliseconds, as all moments here."""
    quota_rate_per_s: float = 0.0
    """Tasks per second on average; 0: what the gateway gives its client."""
    quota_burst: int = 0
    """Tasks at once after a pause."""
    expires_at_ms: int = 0
    """0: never."""
    revoked_at_ms: int = 0
    """0: it was not."""
    last_used_at_ms: int = 0
    """A quarter of an hour late at most; 0: never."""
    origins: tuple[str, ...] = ()
    """Of a publishable key: those of the pages that may show it."""
    reader_rate_per_s: float = 0.0
    """Of a publishable key: tasks per second on average of each of their readers; 0: what the gateway gives him."""
    reader_burst: int = 0
    """Tasks of a reader's at once after a pause."""


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key that was just made."""

    key: ApiKey
    secret: str = field(repr=False)
    """What its client shows as its token. Nobody can be told again."""

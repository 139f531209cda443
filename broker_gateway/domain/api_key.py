"""API keys: how one looks, what is known of it, and what is refused when one is made."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broker_gateway.domain.client_role import ClientRole, with_included
from broker_gateway.domain.origin import MAX_ORIGINS, origin_fault
from broker_gateway.domain.quota import USUAL_READER_RATE, TaskRate
from broker_gateway.domain.violation import Violation

PREFIX = "crk_"
"""By which scanners for leaked secrets, and people, know one."""
PUBLISHABLE_PREFIX = "crp_"
"""Of one that stands in a page's source: who finds it need not be alarmed, and takes it for no other kind."""
ID_BYTES, SECRET_BYTES = 8, 32
ENTROPY_BYTES = ID_BYTES + SECRET_BYTES
MAX_CLIENT_CHARS = 64
MAX_RATE_PER_S = MAX_BURST = 100_000
MIN_RATE_PER_S = 0.0001
"""A task in three hours."""
USUAL_BURST = 20
MAX_MS = (1 << 53) - 1
_LOOK = re.compile(r"cr[kp]_([0-9a-f]{16})[0-9a-f]{64}([0-9a-f]{8})", re.ASCII)
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
_CLIENT = re.compile(rf"[!-~]{{1,{MAX_CLIENT_CHARS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeySecret:
    """The text of a key, as its client shows it: prefix, id, 256 random bits, and a checksum by which what was
    mistyped, cut off or made up carelessly is refused without a look at the database."""

    text: str
    id: str

    @classmethod
    def fresh(cls, entropy: bytes, prefix: str = PREFIX) -> KeySecret:
        """A new one of ``ENTROPY_BYTES`` random bytes."""
        digits = entropy.hex()
        return cls(f"{prefix}{digits}{_checksum(digits)}", digits[: 2 * ID_BYTES])

    @classmethod
    def parse(cls, text: str) -> KeySecret | None:
        """None for what is no key of ours."""
        match = _LOOK.fullmatch(text)
        if match is None or _checksum(text[len(PREFIX) : -8]) != match[2]:
            return None
        return cls(text, match[1])

    @property
    def digest(self) -> bytes:
        """SHA-256. Slow hashes are for what people think up: 256 random bits cannot be tried through, however fast the
        hash is, and every call would pay for a slow one."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class PageTerms:
    """What a publishable key holds a page and its readers to."""

    key_id: str
    origins: frozenset[str]
    """Of the pages that may show it."""
    reader_rate: TaskRate | None
    """At which tasks of each reader are taken; None: as of every reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is known of a key."""

    id: str
    digest: bytes
    """Of its secret; the secret itself is nowhere."""
    client: str
    roles: frozenset[ClientRole]
    """As they were given."""
    rate: TaskRate | None
    """Of its own; None: what its client has."""
    created_at_ms: int
    expires_at_ms: int | None
    revoked_at_ms: int | None = None
    last_used_at_ms: int | None = None
    origins: tuple[str, ...] = ()
    """Of the pages that may show it; empty: it is no publishable key."""
    reader_rate: TaskRate | None = None
    """At which tasks of each reader of those pages are taken; None: as of every reader."""

    @property
    def page(self) -> PageTerms | None:
        """None: it is no publishable key."""
        if ClientRole.PAGE not in self.roles:
            return None
        return PageTerms(self.id, frozenset(self.origins), self.reader_rate)

    @property
    def all_roles(self) -> frozenset[ClientRole]:
        """With those that they include."""
        return with_included(self.roles)

    def is_valid(self, secret: KeySecret, now_ms: int) -> bool:
        """Whether this is its secret, and it may be used now."""
        is_over = self.expires_at_ms is not None and self.expires_at_ms <= now_ms
        return hmac.compare_digest(self.digest, secret.digest) and self.revoked_at_ms is None and not is_over


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """The request for a key as it came, nothing checked. Numbers are 0 where nothing is asked for."""

    client: str
    roles: Sequence[str]
    quota_rate_per_s: float
    quota_burst: int
    expires_at_ms: int
    origins: Sequence[str] = ()
    reader_rate_per_s: float = 0.0
    reader_burst: int = 0

    @property
    def is_publishable(self) -> bool:
        """Whether the key is asked for that may stand in a page."""
        return ClientRole.PAGE in self.roles[: len(ClientRole)]

    def violations(self, now_ms: int) -> Iterator[Violation]:
        """Everything that is wrong with it."""
        if not is_client_name(self.client):
            yield Violation("client", f"must have 1 to {MAX_CLIENT_CHARS} visible ASCII characters")
        if not 1 <= len(self.roles) <= len(ClientRole) or any(role not in set(ClientRole) for role in self.roles):
            yield Violation("roles", f"must be some of {', '.join(ClientRole)}, each once")
        elif self.is_publishable and len(self.roles) > 1:
            yield Violation("roles", "page goes with no other: whoever looks at the page has the key")
        yield from _rate_violations("quota_rate_per_s", self.quota_rate_per_s, "quota_burst", self.quota_burst)
        yield from self._page_violations()
        if self.expires_at_ms and not now_ms < self.expires_at_ms <= MAX_MS:
            yield Violation("expires_at_ms", "must be in the future, or 0 for never")

    def _page_violations(self) -> Iterator[Violation]:
        if not self.is_publishable:
            if self.origins:
                yield Violation("origins", "are for the role page alone")
            if self.reader_rate_per_s or self.reader_burst:
                yield Violation("reader_rate_per_s", "is for the role page alone")
            return
        if not 1 <= len(self.origins) <= MAX_ORIGINS or len(set(self.origins)) < len(self.origins):
            yield Violation("origins", f"must be 1 to {MAX_ORIGINS}, each once: of the pages that may show the key")
        for place, origin in enumerate(self.origins[:MAX_ORIGINS]):
            fault = origin_fault(origin)
            if fault:
                yield Violation(f"origins[{place}]", fault)
        yield from _rate_violations("reader_rate_per_s", self.reader_rate_per_s, "reader_burst", self.reader_burst)

    def secret(self, entropy: bytes) -> KeySecret:
        """A new secret for it, of ``ENTROPY_BYTES`` random bytes."""
        return KeySecret.fresh(entropy, PUBLISHABLE_PREFIX if self.is_publishable else PREFIX)

    def key(self, secret: KeySecret, now_ms: int) -> ApiKey:
        """The key that is asked for, once there are no violations."""
        rate = TaskRate(secret.id, self.quota_rate_per_s, self.quota_burst or USUAL_BURST)
        reader_rate = TaskRate(secret.id, self.reader_rate_per_s, self.reader_burst or USUAL_READER_RATE.burst)
        return ApiKey(
            id=secret.id,
            digest=secret.digest,
            client=self.client,
            roles=frozenset(map(ClientRole, self.roles)),
            rate=rate if self.quota_rate_per_s else None,
            created_at_ms=now_ms,
            expires_at_ms=self.expires_at_ms or None,
            origins=tuple(self.origins),
            reader_rate=reader_rate if self.reader_rate_per_s else None,
        )


def is_client_name(text: str) -> bool:
    """Whether a client may be called that, other than by the configuration."""
    return _CLIENT.fullmatch(text) is not None


def is_key_id(text: str) -> bool:
    """Whether a key could have this id."""
    return _ID.fullmatch(text) is not None


def _rate_violations(of_rate: str, rate_per_s: float, of_burst: str, burst: int) -> Iterator[Violation]:
    if rate_per_s != 0 and not MIN_RATE_PER_S <= rate_per_s <= MAX_RATE_PER_S:
        yield Violation(of_rate, f"must be 0, or between {MIN_RATE_PER_S} and {MAX_RATE_PER_S}")
    if burst > MAX_BURST or (burst and not rate_per_s):
        yield Violation(of_burst, f"must be at most {MAX_BURST}, and needs {of_rate}")


def _checksum(digits: str) -> str:
    return f"{binascii.crc32(digits.encode()):08x}"

"""API keys: how one looks, what is known of it, and what is refused when one is made."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broker_gateway.domain.client_role import ClientRole, with_included
from broker_gateway.domain.quota import TaskRate
from broker_gateway.domain.violation import Violation

PREFIX = "crk_"
"""By which scanners for leaked secrets, and people, know one."""
ID_BYTES, SECRET_BYTES = 8, 32
ENTROPY_BYTES = ID_BYTES + SECRET_BYTES
MAX_CLIENT_CHARS = 64
MAX_RATE_PER_S = MAX_BURST = 100_000
MIN_RATE_PER_S = 0.0001
"""A task in three hours."""
USUAL_BURST = 20
MAX_MS = (1 << 53) - 1
_LOOK = re.compile(r"crk_([0-9a-f]{16})[0-9a-f]{64}([0-9a-f]{8})", re.ASCII)
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
_CLIENT = re.compile(rf"[!-~]{{1,{MAX_CLIENT_CHARS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeySecret:
    """The text of a key, as its client shows it: prefix, id, 256 random bits, and a checksum by which what was
    mistyped, cut off or made up carelessly is refused without a look at the database."""

    text: str
    id: str

    @classmethod
    def fresh(cls, entropy: bytes) -> KeySecret:
        """A new one of ``ENTROPY_BYTES`` random bytes."""
        digits = entropy.hex()
        return cls(f"{PREFIX}{digits}{_checksum(digits)}", digits[: 2 * ID_BYTES])

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

    def violations(self, now_ms: int) -> Iterator[Violation]:
        """Everything that is wrong with it."""
        if not is_client_name(self.client):
            yield Violation("client", f"must have 1 to {MAX_CLIENT_CHARS} visible ASCII characters")
        if not 1 <= len(self.roles) <= len(ClientRole) or any(role not in set(ClientRole) for role in self.roles):
            yield Violation("roles", f"must be some of {', '.join(ClientRole)}, each once")
        if self.quota_rate_per_s != 0 and not MIN_RATE_PER_S <= self.quota_rate_per_s <= MAX_RATE_PER_S:
            yield Violation("quota_rate_per_s", f"must be 0, or between {MIN_RATE_PER_S} and {MAX_RATE_PER_S}")
        if self.quota_burst > MAX_BURST or (self.quota_burst and not self.quota_rate_per_s):
            yield Violation("quota_burst", f"must be at most {MAX_BURST}, and needs quota_rate_per_s")
        if self.expires_at_ms and not now_ms < self.expires_at_ms <= MAX_MS:
            yield Violation("expires_at_ms", "must be in the future, or 0 for never")

    def key(self, secret: KeySecret, now_ms: int) -> ApiKey:
        """The key that is asked for, once there are no violations."""
        rate = TaskRate(secret.id, self.quota_rate_per_s, self.quota_burst or USUAL_BURST)
        return ApiKey(
            id=secret.id,
            digest=secret.digest,
            client=self.client,
            roles=frozenset(map(ClientRole, self.roles)),
            rate=rate if self.quota_rate_per_s else None,
            created_at_ms=now_ms,
            expires_at_ms=self.expires_at_ms or None,
        )


def is_client_name(text: str) -> bool:
    """Whether a client may be called that, other than by the configuration."""
    return _CLIENT.fullmatch(text) is not None


def is_key_id(text: str) -> bool:
    """Whether a key could have this id."""
    return _ID.fullmatch(text) is not None


def _checksum(digits: str) -> str:
    return f"{binascii.crc32(digits.encode()):08x}"

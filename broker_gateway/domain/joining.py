"""The request of a machine to be a node, and what is refused of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from broker_gateway.domain.violation import Violation
from schemas.joined import MAX_ID_CHARS, is_joinable_id

MAX_POOLS = 16
_PUBLIC_KEY = re.compile(r"U[A-Z2-7]{55}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinDraft:
    """The request as it came, nothing checked."""

    node_id: str
    public_key: str
    """Of the NKey by which the bus is to know it."""
    pools: Sequence[str]
    signature: bytes
    """Its key's, of ``schemas.joined.join_text``."""

    def violations(self, joinable: Set[str]) -> Iterator[Violation]:
        """Everything that is wrong with it but the signature. ``joinable``: pools that nodes may join."""
        if not is_joinable_id(self.node_id):
            yield Violation("node_id", f"must have 1 to {MAX_ID_CHARS} letters, digits, '-' and '_'")
        if not _PUBLIC_KEY.fullmatch(self.public_key):
            yield Violation("nats_public_key", "must be the public key of a user (NKey): U and 55 characters")
        if not 1 <= len(self.pools) <= MAX_POOLS or len(set(self.pools)) < len(self.pools):
            yield Violation("pools", f"must be 1 to {MAX_POOLS}, each once")
        elif not joinable >= set(self.pools):
            yield Violation("pools", f"must be some of those that nodes may join: {', '.join(sorted(joinable))}")

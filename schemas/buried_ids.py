"""The ids under which messages are buried that name no task."""

from __future__ import annotations

import hashlib

from schemas.names import is_token

_DIGEST_CHARS = 32


def buried_id(subject: str) -> str:
    """The id that ends the subject, or a digest of all of it where that can be none: who may publish may have put
    anything there, and what cannot be put away comes again for ever."""
    named = subject.rpartition(".")[2]
    return named if is_token(named) else hashlib.sha256(subject.encode()).hexdigest()[:_DIGEST_CHARS]

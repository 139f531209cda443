"""The rules for pages that all list calls share: how large one may be, and what is said of a token that is not ours."""

from __future__ import annotations

from broker_gateway.application.commands import Invalid
from broker_gateway.domain.violation import Violation

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200

BAD_TOKEN = Invalid([Violation("page_token", "is not a token that a page before this one gave")])


def page_size(asked: int) -> int | Invalid:
    """The size of a page for the size that a caller asked for: 0 takes the default."""
    if not 0 <= asked <= MAX_PAGE_SIZE:
        return Invalid([Violation("page_size", f"must be between 1 and {MAX_PAGE_SIZE}, or 0 for the default")])
    return asked or DEFAULT_PAGE_SIZE

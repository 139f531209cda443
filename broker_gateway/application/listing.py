"""What has been submitted."""

from __future__ import annotations

from dataclasses import replace

from broker_gateway.application.commands import Invalid
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.ports import History, Page, TaskFilter
from broker_gateway.domain.violation import Violation

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class Listing:
    def __init__(self, *, history: History, nodes: LiveNodes) -> None:
        self._history = history
        self._nodes = nodes

    async def list(self, wanted: TaskFilter, size: int, token: str) -> Page | Invalid:
        """Newest first; ``size`` 0 takes the default; a language may be an alias. Raises BusUnavailableError."""
        if not 0 <= size <= MAX_PAGE_SIZE:
            return Invalid([Violation("page_size", f"must be between 1 and {MAX_PAGE_SIZE}, or 0 for the default")])
        name = self._nodes.scheduler().language_name(wanted.language)
        if name is not None:
            wanted = replace(wanted, language=name)
        try:
            return await self._history.page(wanted, size or DEFAULT_PAGE_SIZE, token)
        except ValueError:
            return Invalid([Violation("page_token", "is not a token that a page before this one gave")])

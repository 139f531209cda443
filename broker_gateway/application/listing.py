"""The use case of listing what has been submitted."""

from __future__ import annotations

from dataclasses import replace

from broker_gateway.application.commands import Invalid
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.paging import BAD_TOKEN, page_size
from broker_gateway.application.ports import History, Page, TaskFilter


class Listing:
    """The use case: pages of executions that match a filter."""

    def __init__(self, *, history: History, nodes: LiveNodes) -> None:
        self._history = history
        self._nodes = nodes

    async def list(self, wanted: TaskFilter, size: int, token: str) -> Page | Invalid:
        """One page, newest first; ``size`` 0 takes the default; a language may be an alias. Raises
        BusUnavailableError."""
        checked_size = page_size(size)
        if isinstance(checked_size, Invalid):
            return checked_size
        name = self._nodes.scheduler().language_name(wanted.language)
        if name is not None:
            wanted = replace(wanted, language=name)
        try:
            return await self._history.page(wanted, checked_size, token)
        except ValueError:
            return BAD_TOKEN

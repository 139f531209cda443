"""The use case of listing what has been submitted: the bus first, and where it has no more, the database."""

from __future__ import annotations

import re
from dataclasses import replace

from broker_gateway.application.commands import Invalid
from broker_gateway.application.history_ports import Cursor, HistoryStore, HistoryUnavailableError, PastTask
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.paging import BAD_TOKEN, page_size
from broker_gateway.application.ports import History, Page, Place, TaskFilter
from broker_gateway.domain.violation import Violation

_PAST_TOKEN = re.compile(r"p(\d{1,16})\.(\d{1,19})\.([A-Za-z0-9_-]{0,128})", re.ASCII)
"""The place below which the next page starts, and the id of the task there."""


class Listing:
    """The use case: pages of executions that match a filter. A task is on one page only, though it may leave the bus
    for the database between two pages: both know its place in the order of submission (ADR 0021)."""

    def __init__(self, *, history: History, nodes: LiveNodes, past: HistoryStore | None = None) -> None:
        self._history = history
        self._nodes = nodes
        self._past = past

    async def list(self, wanted: TaskFilter, size: int, token: str, *, with_total: bool = False) -> Page | Invalid:
        """One page, newest first; ``size`` 0 takes the default; a language may be an alias. Raises
        BusUnavailableError, HistoryUnavailableError."""
        checked_size = page_size(size)
        if isinstance(checked_size, Invalid):
            return checked_size
        if self._past is None and (wanted.error_text or with_total):
            field = "error" if wanted.error_text else "with_total"
            return Invalid([Violation(field, "needs a history database, and this gateway has none")])
        name = self._nodes.scheduler().language_name(wanted.language)
        if name is not None:
            wanted = replace(wanted, language=name)
        try:
            page = await self._page(wanted, checked_size, token)
        except ValueError:
            return BAD_TOKEN
        if with_total and self._past is not None:
            page = replace(page, total=await self._past.count(wanted))
        return page

    async def _page(self, wanted: TaskFilter, size: int, token: str) -> Page:
        if self._past is None:
            return await self._history.page(wanted, size, token)
        if token.startswith("p"):
            return await self._older(self._past, wanted, size, _cursor(token))
        if wanted.error_text and not token:  # events have none
            return await self._older(self._past, wanted, size, None)
        page = await self._history.page(wanted, size, token)
        if page.next_token:
            return page
        return await self._filled(self._past, wanted, size, page)

    async def _filled(self, past: HistoryStore, wanted: TaskFilter, size: int, page: Page) -> Page:
        """The bus's last page, filled from the database. Where that is away, what the bus has is told all the same, and
        the next page says so."""
        cursor = Cursor(page.end) if page.end is not None else None
        try:
            older = await self._older(past, wanted, size - len(page.executions), cursor)
        except HistoryUnavailableError:
            if not page.executions:
                raise
            return replace(page, next_token=_token(cursor))
        return replace(older, executions=[*page.executions, *older.executions])

    async def _older(self, past: HistoryStore, wanted: TaskFilter, size: int, before: Cursor | None) -> Page:
        found = await past.page(wanted, before, size + 1)
        more, found = len(found) > size, found[:size]
        last = Cursor(found[-1].place, found[-1].execution.id) if found else before
        listed = [task.execution for task in found if not await self._is_on_the_bus(task)]
        return Page(listed, _token(last) if more else "")

    async def _is_on_the_bus(self, task: PastTask) -> bool:
        """Whether the bus lists the task, too: its result may be recorded before its first event is."""
        return not task.place.position and await self._history.owner(task.execution.id) is not None


def _cursor(token: str) -> Cursor:
    """Raises ValueError."""
    match = _PAST_TOKEN.fullmatch(token)
    if match is None:
        raise ValueError(f"not a page token: {token!r}")
    return Cursor(Place(int(match[1]), int(match[2])), match[3])


def _token(cursor: Cursor | None) -> str:
    if cursor is None:
        cursor = Cursor(Place(10**16 - 1))
    return f"p{cursor.place.era}.{cursor.place.position}.{cursor.task_id}"

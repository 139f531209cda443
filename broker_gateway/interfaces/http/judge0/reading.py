"""The routes that read: a submission, several, and the caller's, page by page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from broker_gateway.application.commands import Invalid, UnknownTask
from broker_gateway.application.paging import MAX_PAGE_SIZE
from broker_gateway.application.ports import Page, TaskFilter
from broker_gateway.domain.quota import LIST_READS
from broker_gateway.interfaces.callers import note_subject
from broker_gateway.interfaces.http.calls import Call
from broker_gateway.interfaces.http.judge0.answers import Known, NotUtf8Error, submission
from broker_gateway.interfaces.http.judge0.errors import NOT_UTF8, SOME_NOT_UTF8, wrong
from broker_gateway.interfaces.http.judge0.fields import ASKED, wanted_fields
from broker_gateway.interfaces.http.judge0.submitting import check_batch, is_base64
from broker_gateway.interfaces.http.judge0.tokens import task_id_of
from broker_gateway.interfaces.http.operations import json_answer
from broker_gateway.interfaces.http.problems import refuse
from broker_gateway.interfaces.http.reading import QUICK_BYTES

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

MAX_TEXT_CHARS = 16 << 20
"""Of all submissions in one answer."""
MAX_LISTED = 1000
"""How far back pages go: each is looked for from the newest submission on."""
PER_PAGE = 20
"""Where nothing is asked; and no more than this."""
_NUMBER = re.compile(r"\s*([+-]?\d{1,9})", re.ASCII)


class Reading:
    """The handlers."""

    def __init__(self, parts: DialectParts) -> None:
        self._service = parts.executions
        self._asking = parts.asking
        self._calls = parts.calls

    async def show(self, call: Call) -> ASGIApp:
        """One submission."""
        wanted = wanted_fields(call.request.query_params.get("fields", ""))
        task_id = task_id_of(call.request.path_params["token"])
        note_subject(task_id)
        known = await self._known(task_id, wanted)
        if known is None:
            refuse(UnknownTask(task_id))
        (told,) = await _told([known], wanted, NOT_UTF8, base64=is_base64(call))
        return json_answer(told)

    async def show_batch(self, call: Call) -> ASGIApp:
        """Several submissions, in the order of their tokens; null for one that nobody knows."""
        query = call.request.query_params
        wanted = wanted_fields(query.get("fields", ""))
        tokens = (call.request.headers.get("tokens") or query.get("tokens", "")).strip()
        names = tokens.split(",") if tokens else []
        check_batch(len(names))
        self._calls.read(len(names) - 1)
        known = await self._all_known([task_id_of(name) for name in names], wanted)
        return json_answer({"submissions": await _told(known, wanted, SOME_NOT_UTF8, base64=is_base64(call))})

    async def index(self, call: Call) -> ASGIApp:
        """One page of the caller's submissions, newest first."""
        query = call.request.query_params
        wanted = wanted_fields(query.get("fields", ""))
        page, size = _number(query.get("page", "1")), _number(query.get("per_page", str(PER_PAGE)))
        if not 0 < size <= PER_PAGE:
            wrong(f"invalid per_page: {size}")
        if not 0 < page <= MAX_LISTED // size:
            wrong(f"invalid page: {page}")
        ids, total = await self._listed(page * size + 1)
        known = await self._all_known(ids[(page - 1) * size : page * size], wanted)
        return json_answer(
            {
                "submissions": await _told(known, wanted, SOME_NOT_UTF8, base64=is_base64(call)),
                "meta": {
                    "current_page": page,
                    "next_page": page + 1 if len(ids) > page * size else None,
                    "prev_page": page - 1 or None,
                    "total_pages": -(-total // size) if total is not None else None,
                    "total_count": total,
                },
            }
        )

    async def _listed(self, count: int) -> tuple[Sequence[str], int | None]:
        """The ids of the caller's newest tasks, at most ``count``, and how many there are in all; None: there is no
        history, and nobody knows."""
        caller = self._asking.caller()
        mine = TaskFilter(client=None if not caller.client else caller.client)
        first = await self._service.list(mine, min(count, MAX_PAGE_SIZE), "", with_total=True)
        is_counted = isinstance(first, Page)
        page = first if isinstance(first, Page) else await self._page(mine, count, "")
        ids = [one.id for one in page.executions]
        total = page.total if is_counted else None
        while len(ids) < count and page.next_token:
            self._calls.read(LIST_READS)
            page = await self._page(mine, count - len(ids), page.next_token)
            ids += [one.id for one in page.executions]
        return ids, total

    async def _page(self, mine: TaskFilter, count: int, token: str) -> Page:
        page = await self._service.list(mine, min(count, MAX_PAGE_SIZE), token)
        if isinstance(page, Invalid):
            refuse(page)
        return page

    async def _all_known(self, ids: Sequence[str], wanted: Sequence[str]) -> list[Known | None]:
        found: list[Known | None] = []
        size = 0
        for task_id in ids:
            known = await self._known(task_id, wanted)
            size += known.chars if known is not None else 0
            if size > MAX_TEXT_CHARS:
                wrong(f"the submissions have more than {MAX_TEXT_CHARS} characters in all: ask for fewer at a time")
            found.append(known)
        return found

    async def _known(self, task_id: str, wanted: Sequence[str]) -> Known | None:
        caller = self._asking.caller()
        execution = await self._service.get(task_id, caller)
        if isinstance(execution, UnknownTask):
            return None
        if not execution.status.is_final or ASKED.isdisjoint(wanted):  # who asks again and again asks for all fields
            return Known.of(execution)
        source = await self._service.source(task_id, caller)
        return Known.of(execution, source if not isinstance(source, UnknownTask) else None)


async def _told(known: Sequence[Known | None], wanted: Sequence[str], not_utf8: str, *, base64: bool) -> list[Any]:
    """Those as answers; ``not_utf8``: what is said where one cannot be told as it is."""

    def tell() -> list[Any]:
        return [submission(one, wanted, base64=base64) if one is not None else None for one in known]

    try:
        if sum(one.chars for one in known if one is not None) <= QUICK_BYTES:
            return tell()
        return await asyncio.to_thread(tell)
    except NotUtf8Error:
        wrong(not_utf8)


def _number(text: str) -> int:
    """What Ruby's ``to_i`` makes of it."""
    match = _NUMBER.match(text)
    return int(match[1]) if match is not None else 0

"""The routes that tell of the service itself: languages, statuses, configuration, workers, and who the caller is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from broker_gateway.application.commands import UnknownTask
from broker_gateway.application.ports import Page, TaskFilter
from broker_gateway.domain.quota import LIST_READS
from broker_gateway.interfaces.http.calls import Call
from broker_gateway.interfaces.http.judge0 import about
from broker_gateway.interfaces.http.judge0.errors import wrong
from broker_gateway.interfaces.http.judge0.languages import BY_ID, Languages
from broker_gateway.interfaces.http.judge0.statuses import SubmissionStatus
from broker_gateway.interfaces.http.operations import json_answer
from broker_gateway.interfaces.http.problems import refuse

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

_DAY_MS = 24 * 3_600_000


class Informing:
    """The handlers."""

    def __init__(self, parts: DialectParts) -> None:
        self._parts = parts
        self._languages = Languages(parts.catalog)

    async def languages(self, _call: Call) -> ASGIApp:
        """Those that a submission may be made for."""
        served = self._languages.served()
        return json_answer([{"id": one.id, "name": one.name} for one in self._languages.by_name() if one.id in served])

    async def all_languages(self, _call: Call) -> ASGIApp:
        """All; archived is what no node serves."""
        served = self._languages.served()
        told = [
            {"id": one.id, "name": one.name, "is_archived": one.id not in served} for one in self._languages.by_name()
        ]
        return json_answer(told)

    async def language(self, call: Call) -> ASGIApp:
        """One of all. How its programs are built and run is not Judge0's business here."""
        text = call.request.path_params["id"]
        language = BY_ID.get(int(text)) if text.isdecimal() and len(text) < 4 else None
        if language is None:
            refuse(UnknownTask(text))
        return json_answer(
            {
                "id": language.id,
                "name": language.name,
                "is_archived": language.id not in self._languages.served(),
                "source_file": language.source_file,
                "compile_cmd": None,
                "run_cmd": None,
            }
        )

    async def statuses(self, _call: Call) -> ASGIApp:
        """All statuses of submissions."""
        return json_answer([status.told() for status in SubmissionStatus])

    async def about(self, _call: Call) -> ASGIApp:
        """What this is."""
        return json_answer(about.ABOUT)

    async def version(self, _call: Call) -> ASGIApp:
        """The version of the API."""
        return PlainTextResponse(about.VERSION)

    async def license(self, _call: Call) -> ASGIApp:
        """The licence of what answers."""
        return PlainTextResponse(about.LICENSE)

    async def isolate(self, _call: Call) -> ASGIApp:
        """What runs submissions."""
        return PlainTextResponse(about.ISOLATE)

    async def config_info(self, _call: Call) -> ASGIApp:
        """What is switched on, and the limits."""
        return json_answer(about.config_info(self._parts))

    async def system_info(self, _call: Call) -> ASGIApp:
        """The machines that run submissions."""
        return json_answer(about.system_info(self._parts.catalog.nodes()))

    async def workers(self, _call: Call) -> ASGIApp:
        """The pools and how busy they are."""
        pools = about.by_pool(self._parts.catalog.nodes())
        return json_answer([about.workers(pool, pools[pool], await self._parts.waiting(pool)) for pool in pools])

    async def statistics(self, _call: Call) -> ASGIApp:
        """The caller's submissions, counted, where a history can."""
        self._parts.calls.read(2 * LIST_READS)  # three lists, of which the call itself is one
        now_ms = time.time_ns() // 1_000_000
        moment = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        counted = {
            "total": await self._count(None),
            "today": await self._count(now_ms - now_ms % _DAY_MS),
            "last_30_days": await self._count(now_ms - now_ms % _DAY_MS - 30 * _DAY_MS),
        }
        told: dict[str, Any] = {"created_at": moment, "cached_until": moment, "submissions": counted}
        return json_answer({**told, "languages": None, "statuses": None, "database": None})

    async def _count(self, since_ms: int | None) -> int | None:
        client = self._parts.asking.caller().client
        mine = TaskFilter(client=client or None, since_ms=since_ms)
        page = await self._parts.executions.list(mine, 1, "", with_total=True)
        return page.total if isinstance(page, Page) else None

    async def allowed(self, _call: Call) -> ASGIApp:
        """That the caller is known, or may do what he asked about: who is not does not come this far."""
        return Response()

    async def delete(self, _call: Call) -> ASGIApp:
        """Nothing is ever deleted here by a caller, and Judge0 says so where it is not configured to."""
        wrong("delete not allowed")

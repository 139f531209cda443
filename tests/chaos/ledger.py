"""What was promised against what is stored: read from the bus itself, with an operator's permissions."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nats.errors
from nats.aio.client import Client

from broker_gateway.application.history_ports import Cursor, HistoryStore, HistoryUnavailableError
from broker_gateway.application.ports import TaskFilter
from schemas import names
from tests.chaos.load import Load
from tests.chaos.receiver import Receiver

_POLL_S = 0.1
_ANSWER_S = 2.0
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Balance:
    """``open``: what is still on its way, in words; empty once nothing is."""

    tasks: int
    lost: int
    duplicates: int
    undelivered: int
    misrecorded: int
    """Rows of the history that are missing or there twice."""
    open: tuple[str, ...]

    @property
    def is_even(self) -> bool:
        return not (self.lost or self.duplicates or self.undelivered or self.misrecorded or self.open)

    def __str__(self) -> str:
        counts = (
            f"{self.lost} lost, {self.duplicates} duplicate results, {self.undelivered} undelivered callbacks, "
            f"{self.misrecorded} history rows missing or doubled"
        )
        return "; ".join([counts, *self.open])


class Ledger:
    """A task is lost that has no stored result, or one that is not what its program said."""

    def __init__(self, bus: Client, load: Load, receiver: Receiver, history: HistoryStore | None = None) -> None:
        """``history``: the database of the stack's projectors, where it has one."""
        self._bus = bus
        self._load = load
        self._receiver = receiver
        self._history = history

    async def settled(self, within_s: float) -> Balance:
        """The balance as soon as it is even; the last one seen if it never is in that time."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            balance = await self._balance()
            if balance.is_even or asyncio.get_running_loop().time() > deadline:
                return balance
            await asyncio.sleep(_POLL_S)

    async def all_stored(self, tasks: set[str], within_s: float) -> None:
        """Returns once each of them has a result. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not tasks <= (await self._results())[0].keys():  # noqa: ASYNC110  # the stream has no event for it
                await asyncio.sleep(_POLL_S)

    def failures(self) -> Counter[str]:
        """Why results are not what the programs said."""
        return Counter(
            f"{execution['status']} {execution.get('error', '')}"
            for task_id, work in self._load.accepted.items()
            for execution in self._receiver.came[task_id][:1]
            if not _is_right(execution, work.expected)
        )

    async def _balance(self) -> Balance:
        try:
            stored, ever = await self._results()
            left = await self._left()
            misrecorded = await self._misrecorded()
        except (
            nats.errors.Error,
            OSError,
            KeyError,
            HistoryUnavailableError,
        ) as error:  # the bus or the database is being broken, which is what we are here for
            return Balance(len(self._load.accepted), 0, 0, 0, 0, (f"no answer: {error!r}",))
        accepted, came = self._load.accepted, self._receiver.came
        wrong = sum(
            any(not _is_right(execution, work.expected) for execution in came.get(task_id, ()))
            for task_id, work in accepted.items()
        )
        unasked = stored.keys() - accepted.keys()
        if unasked:
            left.append(f"{len(unasked)} results that nobody asked for")
        return Balance(
            tasks=len(accepted),
            lost=len(accepted.keys() - stored.keys()) + wrong,
            duplicates=ever - len(stored),
            undelivered=sum(not came.get(task_id) for task_id in accepted),
            misrecorded=misrecorded,
            open=tuple(left),
        )

    async def _misrecorded(self) -> int:
        """Of the accepted tasks those whose result is not in the database, and rows that belong to none of them."""
        if self._history is None:
            return 0
        recorded: set[str] = set()
        rows, before = 0, None
        while page := await self._history.page(TaskFilter(), before, _PAGE):
            before = Cursor(page[-1].place, page[-1].execution.id)
            rows += len(page)
            recorded |= {task.execution.id for task in page if task.execution.status.is_final}
        accepted = self._load.accepted.keys()
        return len(accepted - recorded) + rows - len(recorded) + len(recorded - accepted)

    async def _results(self) -> tuple[Mapping[str, int], int]:
        """How many results each task has, and how many the stream has ever stored: a second one that was taken away
        again would show in the latter."""
        body = {"subjects_filter": names.RESULTS_WILDCARD}
        state = (await self._ask(f"STREAM.INFO.{names.STREAM_RESULTS}", body))["state"]
        subjects: dict[str, int] = state.get("subjects") or {}
        return {subject.rpartition(".")[2]: count for subject, count in subjects.items()}, int(state["last_seq"])

    async def _left(self) -> list[str]:
        found = []
        for stream in (names.STREAM_TASKS, names.STREAM_RESULTS):
            for consumer in (await self._ask(f"CONSUMER.LIST.{stream}"))["consumers"]:
                pending, unacked = consumer["num_pending"], consumer["num_ack_pending"]
                if pending or unacked:
                    found.append(f"{consumer['name']}: {pending} pending, {unacked} not acknowledged")
        for stream in (names.STREAM_TASKS, names.STREAM_DEAD):
            messages = (await self._ask(f"STREAM.INFO.{stream}"))["state"]["messages"]
            if messages:
                found.append(f"{messages} messages in {stream}")
        return found

    async def _ask(self, api: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        message = await self._bus.request(f"$JS.API.{api}", json.dumps(body or {}).encode(), timeout=_ANSWER_S)
        answer: dict[str, Any] = json.loads(message.data)
        return answer


def _is_right(execution: Mapping[str, Any], expected: str) -> bool:
    run = execution.get("run") or {}
    return bool(execution["status"] == "SUCCEEDED" and run.get("stdout", "") == expected)

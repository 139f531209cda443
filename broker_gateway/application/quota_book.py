"""The accounts of all clients' quotas, as this gateway knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Visitor
from broker_gateway.application.ports import TaskEvents
from broker_gateway.application.quota_accounts import QuotaAccounts
from broker_gateway.domain.backlogs import Owner
from broker_gateway.domain.quota import (
    USUAL_READER_RATE,
    ClientQuota,
    OverQuota,
    Quota,
    QuotaPolicy,
    TaskRate,
    TokenBucket,
)
from schemas.status import Status

NO_QUOTAS = QuotaPolicy()
MAX_RATES = 10_000
"""Of so many API keys with a rate of their own the last tasks are known; then the first to come begins anew."""


class QuotaBook:
    """The quota accounts, one for each client and, where those have quotas, one for each of its readers. ``events``
    tell when tasks end, and of tasks that other gateways took; ``run`` follows them."""

    def __init__(
        self,
        *,
        policy: QuotaPolicy,
        readers: QuotaPolicy = NO_QUOTAS,
        events: TaskEvents | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
        on_refused: Callable[[Quota], None] = lambda _quota: None,
    ) -> None:
        """``readers``: what each reader of a client may have of it. ``on_refused`` is told the quota of each refusal.
        Raises ValueError where concurrent tasks are limited and nobody would tell that they ended."""
        if (policy.concurrent or readers.concurrent) and events is None:
            raise ValueError("a quota for concurrent tasks needs the tasks' events")
        self._policy = policy
        self._of_readers = readers
        self._events = events
        self._now_ms = now_ms
        self._on_refused = on_refused
        self._accounts: QuotaAccounts[str] = QuotaAccounts(policy, "client")
        self._readers: QuotaAccounts[Owner] = QuotaAccounts(readers, "reader")
        self._rates: dict[str, TokenBucket] = {}

    @property
    def follows(self) -> bool:
        """True where ``run`` has something to follow."""
        return bool(self._policy.concurrent or self._of_readers.concurrent)

    def admit(
        self, owner: Owner, task_id: str, rate: TaskRate | None = None, visitor: Visitor | None = None
    ) -> OverQuota | None:
        """Counts the task of a client's reader until it is released; or says which quota it would exceed: the reader is
        asked first, so that what is too much from one takes nothing of its client's. ``rate`` is instead of the
        client's; ``visitor``: the reader, where he calls himself, from a page."""
        counted_before = self.counts(owner, task_id)
        over = self._admit_reader(owner, task_id, self._rate_of(visitor)) or self._admit_client(owner[0], task_id, rate)
        if over is not None:
            self._on_refused(over.quota)
            if not counted_before:
                self.release(owner, task_id)
        return over

    def counts(self, owner: Owner, task_id: str) -> bool:
        """True while the task is one of those that have no result yet."""
        return any(task_id in account.running for account in self._accounts_of(owner))

    def release(self, owner: Owner, task_id: str) -> None:
        """Ends the counting of the task, if it counts."""
        for account in self._accounts_of(owner):
            account.release(task_id)

    def stored(self, client: str, size_bytes: int) -> None:
        """Counts a result of the client that was stored."""
        if self._policy.stored_bytes:
            now_ms = self._now_ms()
            self._accounts.of(client, now_ms).stored.add(size_bytes, now_ms)

    async def run(self) -> None:
        """Follows the events of all gateways for ever. Returns at once where nothing has to be followed. Whose a task
        is, gateways alone say, when they queue it."""
        if self._events is None or not self.follows:
            return
        while True:
            event = await self._events.next()
            owner = (event.client, event.reader)
            if event.status.is_final:
                self.release(owner, event.id)
                continue
            if event.status is not Status.QUEUED:
                continue
            now_ms = self._now_ms()
            if self._policy.concurrent:
                self._accounts.of(event.client, now_ms).hold(event.id, now_ms)
            if self._of_readers.concurrent and event.reader:
                self._readers.of(owner, now_ms).hold(event.id, now_ms)

    def _admit_client(self, client: str, task_id: str, rate: TaskRate | None) -> OverQuota | None:
        if self._policy.is_off and rate is None:
            return None
        bucket = self._bucket(rate) if rate is not None else None
        now_ms = self._now_ms()
        return self._accounts.of(client, now_ms).admit(task_id, now_ms, bucket)

    def _admit_reader(self, owner: Owner, task_id: str, rate: TaskRate | None) -> OverQuota | None:
        """What a client submits on its own is held to the client's quotas alone."""
        if (self._of_readers.is_off and rate is None) or not owner[1]:
            return None
        now_ms = self._now_ms()
        account = self._readers.of(owner, now_ms)
        if rate is not None:
            account.hold_to(rate, now_ms)
        return account.admit(task_id, now_ms)

    def _rate_of(self, visitor: Visitor | None) -> TaskRate | None:
        """None: what every reader has."""
        if visitor is None:
            return None
        return visitor.rate or (None if self._of_readers.rate_per_s else USUAL_READER_RATE)

    def _accounts_of(self, owner: Owner) -> Iterator[ClientQuota]:
        return chain(self._accounts.known(owner[0]), self._readers.known(owner))

    def _bucket(self, rate: TaskRate) -> TokenBucket:
        bucket = self._rates.get(rate.of)
        if bucket is None:
            while len(self._rates) >= MAX_RATES:
                del self._rates[next(iter(self._rates))]
            now_ms = self._now_ms()
            bucket = self._rates[rate.of] = TokenBucket(rate.rate_per_s, rate.burst, float(rate.burst), now_ms)
        return bucket

"""The accounts of all clients' quotas, as this gateway knows them."""

from __future__ import annotations

from collections.abc import Callable

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.ports import TaskEvents
from broker_gateway.domain.quota import ClientQuota, OverQuota, Quota, QuotaPolicy, TaskRate, TokenBucket

MAX_ACCOUNTS = 10_000
"""Of so many clients it is remembered what they had; of more, those that have nothing now begin anew."""
MAX_RATES = 10_000
"""Of so many API keys with a rate of their own the last tasks are known; then the first to come begins anew."""


class QuotaBook:
    """The quota accounts, one for each client. ``events`` tell when tasks end, and of tasks that other gateways took;
    ``run`` follows them."""

    def __init__(
        self,
        *,
        policy: QuotaPolicy,
        events: TaskEvents | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
        on_refused: Callable[[Quota], None] = lambda _quota: None,
    ) -> None:
        """``on_refused`` is told the quota of each refusal. Raises ValueError where concurrent tasks are limited and
        nobody would tell that they ended."""
        if policy.concurrent and events is None:
            raise ValueError("a quota for concurrent tasks needs the tasks' events")
        self._policy = policy
        self._events = events
        self._now_ms = now_ms
        self._on_refused = on_refused
        self._accounts: dict[str, ClientQuota] = {}
        self._rates: dict[str, TokenBucket] = {}

    def admit(self, client: str, task_id: str, rate: TaskRate | None = None) -> OverQuota | None:
        """Counts the task until it is released; or says which quota it would exceed. ``rate`` is instead of the
        client's."""
        if self._policy.is_off and rate is None:
            return None
        bucket = self._bucket(rate) if rate is not None else None
        over = self._account(client).admit(task_id, self._now_ms(), bucket)
        if over is not None:
            self._on_refused(over.quota)
        return over

    def counts(self, client: str, task_id: str) -> bool:
        """True while the task is one of those that have no result yet."""
        account = self._accounts.get(client)
        return account is not None and task_id in account.running

    def release(self, client: str, task_id: str) -> None:
        """Ends the counting of the task, if it counts."""
        account = self._accounts.get(client)
        if account is not None:
            account.release(task_id)

    def stored(self, client: str, size_bytes: int) -> None:
        """Counts a result of the client that was stored."""
        if self._policy.stored_bytes:
            self._account(client).stored.add(size_bytes, self._now_ms())

    async def run(self) -> None:
        """Follows the events of all gateways for ever. Returns at once where nothing has to be followed."""
        if self._events is None or not self._policy.concurrent:
            return
        while True:
            event = await self._events.next()
            if event.status.is_final:
                self.release(event.client, event.id)
            else:
                self._account(event.client).hold(event.id, self._now_ms())

    def _bucket(self, rate: TaskRate) -> TokenBucket:
        bucket = self._rates.get(rate.of)
        if bucket is None:
            while len(self._rates) >= MAX_RATES:
                del self._rates[next(iter(self._rates))]
            now_ms = self._now_ms()
            bucket = self._rates[rate.of] = TokenBucket(rate.rate_per_s, rate.burst, float(rate.burst), now_ms)
        return bucket

    def _account(self, client: str) -> ClientQuota:
        account = self._accounts.get(client)
        if account is None:
            if len(self._accounts) >= MAX_ACCOUNTS:
                self._accounts = {name: one for name, one in self._accounts.items() if one.counts_anything}
            account = self._accounts[client] = ClientQuota.opened(self._policy, self._now_ms())
        return account

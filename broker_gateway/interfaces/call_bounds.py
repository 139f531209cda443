"""The bounds of how often a client may ask, and of how many of its calls may wait."""

from __future__ import annotations

from collections.abc import Callable

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Busy
from broker_gateway.domain.quota import LIST_READS, CallAccount, CallPolicy, OverQuota, Quota
from broker_gateway.interfaces.callers import CLIENT

_EXECUTION, _CATALOG = "/coderunner.v1.ExecutionService/", "/coderunner.v1.CatalogService/"
READS = {
    f"{_EXECUTION}Get": 1,
    f"{_EXECUTION}GetSource": 1,
    f"{_EXECUTION}Watch": 1,
    f"{_EXECUTION}Cancel": 1,
    f"{_EXECUTION}CallbackAttempts": 1,
    f"{_EXECUTION}List": LIST_READS,
    f"{_CATALOG}ListLanguages": 1,
    f"{_CATALOG}ListNodes": 1,
}
"""Method to how many reads it counts as. What submits has quotas of its own; what only operators may call has none."""
WAITING = frozenset((f"{_EXECUTION}Watch", f"{_EXECUTION}Execute"))
"""Methods whose calls wait for a task."""
MAX_ACCOUNTS = 10_000
"""Of so many clients it is remembered how much they asked; of more, those that wait for nothing begin anew."""


class CallBounds:
    """The accounts of all clients."""

    def __init__(
        self,
        policy: CallPolicy,
        now_ms: Callable[[], int] = wall_clock_ms,
        *,
        on_refused: Callable[[Quota], None] = lambda _quota: None,
    ) -> None:
        """``on_refused`` is told the quota of each refusal."""
        self._policy = policy
        self._on_refused = on_refused
        self._now_ms = now_ms
        self._accounts: dict[str, CallAccount] = {}

    def enter(self, method: str) -> Busy | None:
        """Counts a call of the current client until ``leave``; or refuses it."""
        account = self._account()
        reads = READS.get(method, 0)
        over = account.read(reads, self._now_ms()) if reads else None
        if over is None and method in WAITING:
            over = account.open()
        return self._refused(over)

    def read(self, reads: int) -> Busy | None:
        """Counts so many more reads of the current client; or refuses them."""
        return self._refused(self._account().read(reads, self._now_ms()) if reads else None)

    def leave(self, method: str) -> None:
        """Ends a call that had entered."""
        if method in WAITING:
            self._account().close()

    def _refused(self, over: OverQuota | None) -> Busy | None:
        if over is None:
            return None
        self._on_refused(over.quota)
        return Busy(over.message, over.retry_after_ms)

    def _account(self) -> CallAccount:
        client = CLIENT.get()
        account = self._accounts.get(client)
        if account is None:
            if len(self._accounts) >= MAX_ACCOUNTS:
                self._accounts = {name: one for name, one in self._accounts.items() if one.open_calls}
            account = self._accounts[client] = CallAccount.opened(self._policy, self._now_ms())
        return account

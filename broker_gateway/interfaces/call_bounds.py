"""The bounds of how often a client may ask, and of how many of its calls may wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Busy
from broker_gateway.domain.quota import (
    LIST_READS,
    PAGE_READER_CALLS,
    PAGE_TALK_CALLS,
    CallAccount,
    CallPolicy,
    OverQuota,
    Quota,
)
from broker_gateway.interfaces.callers import CLIENT, VISITOR

_EXECUTION, _CATALOG = "/coderunner.v1.ExecutionService/", "/coderunner.v1.CatalogService/"
_INTERACT = f"{_EXECUTION}Interact"
_BLOB = "/coderunner.v1.BlobService/"
READS = {
    f"{_EXECUTION}Get": 1,
    f"{_EXECUTION}GetSource": 1,
    f"{_EXECUTION}Watch": 1,
    f"{_EXECUTION}Cancel": 1,
    _INTERACT: 1,
    f"{_EXECUTION}CallbackAttempts": 1,
    f"{_EXECUTION}List": LIST_READS,
    f"{_CATALOG}ListLanguages": 1,
    f"{_CATALOG}ListNodes": 1,
    f"{_BLOB}PutBlob": 1,
    f"{_BLOB}FindBlob": 1,
    f"{_BLOB}GetBlob": 1,
}
"""Method to how many reads it counts as. What submits has quotas of its own; what only operators may call has none."""
_OF_TASKS = ("Watch", "Execute", "SubmitAndWatch", "Interact")
WAITING = frozenset((*(f"{_EXECUTION}{name}" for name in _OF_TASKS), f"{_BLOB}PutBlob", f"{_BLOB}GetBlob"))
"""Methods whose calls last: they wait for a task, or for who sends or reads a large content."""
MAX_ACCOUNTS = 10_000
"""Of so many clients, and readers of their pages, it is remembered how much they asked; of more, those that wait for
nothing begin anew."""


class CallBounds:
    """The accounts of all clients, and of the readers of their pages."""

    def __init__(
        self,
        policy: CallPolicy,
        now_ms: Callable[[], int] = wall_clock_ms,
        *,
        on_refused: Callable[[Quota], None] = lambda _quota: None,
    ) -> None:
        """``on_refused`` is told the quota of each refusal."""
        self._on_refused = on_refused
        self._now_ms = now_ms
        self._clients = _Accounts(policy, "client", now_ms)
        self._pages = _Accounts(policy, "client's pages", now_ms)
        """Of each client, apart: what strangers ask for with its publishable keys takes nothing from the client."""
        self._readers = _Accounts(PAGE_READER_CALLS, "reader", now_ms)

    def enter(self, method: str) -> Busy | None:
        """Counts a call of the current caller until ``leave``; or refuses it."""
        accounts = self._current()
        over = self._over_reads(accounts, READS.get(method, 0))
        if over is None and method in WAITING:
            over = _over_open(accounts, _calls(method))
        return self._refused(over)

    def read(self, reads: int) -> Busy | None:
        """Counts so many more reads of the current caller; or refuses them."""
        return self._refused(self._over_reads(self._current(), reads))

    def leave(self, method: str) -> None:
        """Ends a call that had entered."""
        if method in WAITING:
            for account in self._current():
                account.close(_calls(method))

    def _current(self) -> Sequence[CallAccount]:
        """Of whom the current call counts: a client, or a reader of its pages and all of them together."""
        client, visitor = CLIENT.get(), VISITOR.get()
        if visitor is None:
            return [self._clients.of(client)]
        return [self._readers.of(f"{visitor.reader} {client}"), self._pages.of(client)]

    def _over_reads(self, accounts: Sequence[CallAccount], reads: int) -> OverQuota | None:
        if not reads:
            return None
        return next(filter(None, (account.read(reads, self._now_ms()) for account in accounts)), None)

    def _refused(self, over: OverQuota | None) -> Busy | None:
        if over is None:
            return None
        self._on_refused(over.quota)
        return Busy(over.message, over.retry_after_ms)


class _Accounts:
    """The accounts of one kind, by name."""

    def __init__(self, policy: CallPolicy, whose: str, now_ms: Callable[[], int]) -> None:
        self._policy = policy
        self._whose = whose
        self._now_ms = now_ms
        self._known: dict[str, CallAccount] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, name: str) -> CallAccount:
        account = self._known.get(name)
        if account is None:
            if len(self._known) >= MAX_ACCOUNTS:
                self._known = {name: one for name, one in self._known.items() if one.open_calls}
            account = self._known[name] = CallAccount.opened(self._policy, self._now_ms(), self._whose)
        return account


def _calls(method: str) -> int:
    """As how many waiting calls the current one counts."""
    return PAGE_TALK_CALLS if method == _INTERACT and VISITOR.get() is not None else 1


def _over_open(accounts: Sequence[CallAccount], calls: int) -> OverQuota | None:
    """Has the call count in all of them, or in none."""
    for place, account in enumerate(accounts):
        over = account.open(calls)
        if over is not None:
            for opened in accounts[:place]:
                opened.close(calls)
            return over
    return None

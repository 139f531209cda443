"""The quota accounts of those who have something now, a bounded number of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

from broker_gateway.domain.quota import ClientQuota, QuotaPolicy

MAX_ACCOUNTS = 10_000
"""Of so many clients, or readers, it is remembered what they had. Whoever submits chooses the names of readers."""
_SWEEPS = 10
"""So many sweeps while that number of new names comes: a sweep looks at all."""

Name = TypeVar("Name")


class QuotaAccounts(Generic[Name]):
    """The accounts of clients, or of readers. Where there are too many, those go that have used up nothing now; where
    all have, the one that was asked for the longest ago, which then begins anew: a flood of names must not grow for
    ever, nor keep anybody else from being taken."""

    def __init__(self, policy: QuotaPolicy, whose: str) -> None:
        """``whose``: what is said of them in a refusal."""
        self._policy = policy
        self._whose = whose
        self._known: OrderedDict[Name, ClientQuota] = OrderedDict()
        self._unswept = 0
        """Names that came since the last sweep."""

    def __len__(self) -> int:
        return len(self._known)

    def known(self, name: Name) -> Iterator[ClientQuota]:
        """Its account, where there is one."""
        account = self._known.get(name)
        if account is not None:
            yield account

    def of(self, name: Name, now_ms: int) -> ClientQuota:
        """Its account; a new one where there is none."""
        account = self._known.get(name)
        if account is None:
            self._make_room(now_ms)
            account = self._known[name] = ClientQuota.opened(self._policy, now_ms, self._whose)
        self._known.move_to_end(name)
        return account

    def _make_room(self, now_ms: int) -> None:
        self._unswept += 1
        if len(self._known) < MAX_ACCOUNTS:
            return
        if self._unswept > MAX_ACCOUNTS // _SWEEPS:
            self._unswept = 0
            for name in [one for one, account in self._known.items() if account.is_idle(now_ms)]:
                del self._known[name]
        while len(self._known) >= MAX_ACCOUNTS:
            self._known.popitem(last=False)

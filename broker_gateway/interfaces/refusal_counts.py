"""How much is written of refused calls, and of those in vain: whoever floods us with them must neither fill a disk nor
hide behind his flood what others do."""

from __future__ import annotations

from collections import OrderedDict

from broker_gateway.domain.quota import TokenBucket

AT_ONCE = 200
LINES_PER_S = 20.0
"""Of one client; all strangers together are one."""
RECORDS_PER_S = 1 / 60
"""In the audit trail, where nothing makes room for what is new: a client that goes on showing a token which has expired
must not fill it."""
MAX_REMEMBERED = 1_000
"""Of so many clients it is remembered how often they were refused; the one that was refused the longest ago goes."""


class RefusalRate:
    """So many at once, and then so many a second, of each client."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._of: OrderedDict[str, TokenBucket] = OrderedDict()

    def is_over(self, client: str, now_ms: int) -> bool:
        """Counts a refusal; whether that was one too many."""
        bucket = self._of.get(client)
        if bucket is None:
            bucket = self._of[client] = TokenBucket(self._per_s, AT_ONCE, float(AT_ONCE), now_ms)
        self._of.move_to_end(client)
        if len(self._of) > MAX_REMEMBERED:
            self._of.popitem(last=False)
        return bool(bucket.take(now_ms))

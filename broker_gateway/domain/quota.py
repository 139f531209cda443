"""The quotas: how much of the system one client may have. The time is passed in, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from broker_gateway.domain.stored_bytes import StoredBytes


@dataclass(frozen=True, slots=True)
class QuotaPolicy:
    """The quotas that every client has; off unless set."""

    rate_per_s: float = 0.0
    """Tasks per second on average; 0: no limit."""
    burst: int = 20
    """Tasks at once after a pause."""
    concurrent: int = 0
    """Accepted tasks with no result yet; 0: no limit."""
    forget_after_ms: int = 15 * 60_000
    """A task whose end was never heard of no longer counts after this."""
    stored_bytes: int = 0
    """What the results that are kept of one client may hold; 0: no limit."""
    stored_for_ms: int = 24 * 3_600_000
    """How long results are kept."""
    max_retry_ms: int = 3_600_000
    """The longest that a client with too many of them is told to wait."""
    concurrent_retry_ms: int = 1_000
    """What a client is told to wait when it has as many tasks as it may."""

    @property
    def is_off(self) -> bool:
        """True where nothing is limited."""
        return not self.rate_per_s and not self.concurrent and not self.stored_bytes


MAX_WAIT_MS = 24 * 3_600_000
"""Nobody is told to wait longer than a day for tokens: a rate may be as small as a number can be."""


@dataclass(slots=True)
class TokenBucket:
    """A token bucket: it fills at a steady rate up to ``burst``, and each task takes a token."""

    rate_per_s: float
    burst: int
    tokens: float
    at_ms: int

    def take(self, now_ms: int, tokens: int = 1) -> int:
        """Takes the tokens and returns 0, or returns the milliseconds until they are there, ``MAX_WAIT_MS`` at most."""
        self._fill(now_ms)
        if self.tokens >= tokens:
            self.tokens -= tokens
            return 0
        wait_ms = (tokens - self.tokens) * 1000 / self.rate_per_s
        return max(1, round(min(wait_ms, MAX_WAIT_MS)))

    def is_full(self, now_ms: int) -> bool:
        """True where it is as a new one."""
        self._fill(now_ms)
        return self.tokens >= self.burst

    def _fill(self, now_ms: int) -> None:
        passed_ms = max(0, now_ms - self.at_ms)
        self.tokens = min(float(self.burst), self.tokens + passed_ms * self.rate_per_s / 1000)
        self.at_ms = now_ms


@dataclass(frozen=True, slots=True)
class TaskRate:
    """The rate at which tasks are taken from one way in (an API key), instead of its client's."""

    of: str
    """Names the way in."""
    rate_per_s: float
    burst: int


USUAL_READER_RATE = TaskRate("", 0.5, 10)
"""Of a page's reader, where neither his key nor the configuration says one: a stranger must not go unbounded."""


class Quota(StrEnum):
    """The quotas of a client: the first three are of its tasks, the others of its calls."""

    RATE = "rate"
    CONCURRENT = "concurrent"
    STORED = "stored"
    READS = "reads"
    OPEN_CALLS = "open_calls"


@dataclass(frozen=True, slots=True)
class OverQuota:
    """The refusal of a task or a call that would exceed a quota."""

    quota: Quota
    message: str
    retry_after_ms: int


@dataclass(slots=True)
class ClientQuota:
    """The account of one client, or of one of its readers."""

    policy: QuotaPolicy
    bucket: TokenBucket
    stored: StoredBytes
    whose: str = "client"
    """What is said of it in a refusal: a client, or one of its readers."""
    running: dict[str, int] = field(default_factory=dict)
    """Task id to when it stops to count, oldest first."""

    @classmethod
    def opened(cls, policy: QuotaPolicy, now_ms: int, whose: str = "client") -> ClientQuota:
        """The account of a client, or of one of its readers, that is seen for the first time."""
        bucket = TokenBucket(policy.rate_per_s, policy.burst, float(policy.burst), now_ms)
        return cls(policy, bucket, StoredBytes(policy.stored_for_ms), whose)

    def admit(self, task_id: str, now_ms: int, bucket: TokenBucket | None = None) -> OverQuota | None:
        """Counts the task from now on, or says which quota it would exceed. A task that counts already is let through
        and counts once. ``bucket`` is used instead of the client's own."""
        if self.policy.concurrent and task_id not in self.running:
            self._forget(now_ms)
            if len(self.running) >= self.policy.concurrent:
                message = f"{len(self.running)} tasks of this {self.whose} have no result yet, its most"
                return OverQuota(Quota.CONCURRENT, message, self.policy.concurrent_retry_ms)
        if self.policy.stored_bytes and self.stored.at(now_ms) >= self.policy.stored_bytes:
            wait_ms = min(self.stored.next_forgotten_ms(now_ms), self.policy.max_retry_ms)
            message = f"the results of this client hold {self.stored.total} bytes, its share"
            return OverQuota(Quota.STORED, message, wait_ms)
        if bucket is None and self.policy.rate_per_s:
            bucket = self.bucket
        if bucket is not None:
            wait_ms = bucket.take(now_ms)
            if wait_ms:
                message = f"more than {bucket.rate_per_s:g} tasks per second from this {self.whose}"
                return OverQuota(Quota.RATE, message, wait_ms)
        self.hold(task_id, now_ms)
        return None

    def hold_to(self, rate: TaskRate, now_ms: int) -> None:
        """Has this rate apply from now on."""
        if (self.policy.rate_per_s, self.policy.burst) != (rate.rate_per_s, rate.burst):
            self.policy = replace(self.policy, rate_per_s=rate.rate_per_s, burst=rate.burst)
            self.bucket = TokenBucket(rate.rate_per_s, rate.burst, float(rate.burst), now_ms)

    def hold(self, task_id: str, now_ms: int) -> None:
        """Counts a task that another gateway let in."""
        if self.policy.concurrent:
            self.running.setdefault(task_id, now_ms + self.policy.forget_after_ms)

    def release(self, task_id: str) -> None:
        """Ends the counting of the task; does nothing for one that does not count."""
        self.running.pop(task_id, None)

    def is_idle(self, now_ms: int) -> bool:
        """True where nothing is used up: no task counts, no result is kept, and the rate is as for one that begins."""
        self._forget(now_ms)
        if self.running or self.stored.at(now_ms):
            return False
        return not self.policy.rate_per_s or self.bucket.is_full(now_ms)

    def _forget(self, now_ms: int) -> None:
        for task_id in [one for one, until_ms in self.running.items() if until_ms <= now_ms]:
            del self.running[task_id]


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How much every client may ask and wait, beside what it submits."""

    reads_per_s: float = 200.0
    """On average; a list counts as ``LIST_READS``. 0: any."""
    read_burst: int = 400
    open_calls: int = 1_000
    """Calls that wait for a task (Watch, Execute, SubmitAndWatch) at once; 0: any."""
    open_retry_ms: int = 1_000


PAGE_READER_CALLS = CallPolicy(reads_per_s=20.0, read_burst=100, open_calls=20)
"""The same of one reader of a client's pages. Those of all of them together are held to what one client may."""
PAGE_TALK_CALLS = 5
"""A reader's talk with a program counts as so many waiting calls: it keeps a place on a node."""
LIST_READS = 20
"""A list looks at hundreds of tasks, where other reads look at one."""


@dataclass(slots=True)
class CallAccount:
    """The reads and the waiting calls of one client."""

    policy: CallPolicy
    bucket: TokenBucket
    whose: str = "client"
    """What is said of it in a refusal: a client, its pages together, or one of their readers."""
    open_calls: int = 0

    @classmethod
    def opened(cls, policy: CallPolicy, now_ms: int, whose: str = "client") -> CallAccount:
        """The account of one that calls for the first time."""
        bucket = TokenBucket(policy.reads_per_s, policy.read_burst, float(policy.read_burst), now_ms)
        return cls(policy, bucket, whose)

    def read(self, reads: int, now_ms: int) -> OverQuota | None:
        """Counts the reads, or says that they are too many."""
        if not self.policy.reads_per_s:
            return None
        wait_ms = self.bucket.take(now_ms, min(reads, self.policy.read_burst))
        if not wait_ms:
            return None
        return OverQuota(Quota.READS, f"more than {self.policy.reads_per_s:g} reads per second", wait_ms)

    def open(self, calls: int = 1) -> OverQuota | None:
        """Counts a call, or one that is as many, that waits until ``close``; or says that there are too many."""
        if self.policy.open_calls and self.open_calls + calls > self.policy.open_calls:
            message = f"{self.open_calls} calls of this {self.whose} wait already"
            return OverQuota(Quota.OPEN_CALLS, message, self.policy.open_retry_ms)
        self.open_calls += calls
        return None

    def close(self, calls: int = 1) -> None:
        """Ends the counting of one waiting call."""
        self.open_calls -= calls

"""Results that come by callback, signed: they end a reader's stream also where the watch has nothing to say, because
the gateway that was asked is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coderunner.backend.results import MemoryResults, Results
from coderunner.model import Execution, Progress
from coderunner.webhooks import Seen, receive
from coderunner.webhooks.receiving import execution_of
from coderunner.webhooks.signature import keys_of


class Callbacks:
    """Asks for callbacks, verifies them, and hands their results to the streams."""

    def __init__(
        self,
        url: str,
        secrets: str | Sequence[str],
        *,
        results: Results | None = None,
        seen: Seen | None = None,
    ) -> None:
        """``url``: under which CodeRunner reaches the route ``callbacks`` of this backend. ``secrets``: of several, any
        one may have signed. ``results``: what several processes share; None: this process is the only one. ``seen``: as
        ``coderunner.webhooks.receive`` takes it."""
        keys_of(secrets)  # raises ValueError for what is no secret, before a callback comes
        self.url = url
        self._secrets = secrets
        self._seen = seen
        self._results = MemoryResults() if results is None else results

    async def take(self, headers: Mapping[str, str], body: bytes) -> None:
        """One callback; it counts as handled once the streams of every process are told. Raises WebhookError."""
        with receive(headers, body, secrets=self._secrets, seen=self._seen) as execution:
            if execution is not None and not isinstance(execution, Progress):
                await self._results.put(execution.id, body)

    async def result(self, task_id: str) -> Execution:
        """The task's result, once it is there."""
        return execution_of(await self._results.of(task_id))

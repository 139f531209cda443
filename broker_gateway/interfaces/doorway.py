"""What stands before every use case, whichever way a call comes: who calls, and how much he may ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from broker_gateway.application.identity import ConfiguredTokens, Verifier, Verifiers
from broker_gateway.domain.quota import CallPolicy, Quota
from broker_gateway.interfaces.authentication import Recognising
from broker_gateway.interfaces.call_bounds import CallBounds


class Doorway:
    """One for all servers of a process, so that a client has one account, whatever it speaks."""

    def __init__(
        self,
        *,
        tokens: Mapping[str, str] | None = None,
        operators: Collection[str] = (),
        admins: Collection[str] = (),
        verifiers: Sequence[Verifier] = (),
        calls: CallPolicy | None = None,
        on_over_quota: Callable[[Quota], None] = lambda _quota: None,
    ) -> None:
        """``tokens``: bearer token to client name, of which ``operators`` and ``admins`` may more. ``verifiers`` know
        other tokens; where there are neither, nobody is asked for one. ``on_over_quota`` is told of calls that are too
        many."""
        self.asks_who = bool(tokens or verifiers)
        """Callers are known by their tokens, and each sees its own tasks."""
        configured = ConfiguredTokens(tokens or {}, operators, admins)
        self.recognising = Recognising(Verifiers([configured, *verifiers])) if self.asks_who else None
        self.on_over_quota = on_over_quota
        self.bounds = CallBounds(calls or CallPolicy(), on_refused=on_over_quota)

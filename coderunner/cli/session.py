"""What every command shares: the options that lead to a gateway, and running a coroutine against it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.operations import Operator

_CONNECT_S = 2.0  # somebody is waiting in front of a terminal
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to go; None takes the environment's."""

    gateway: str | None
    token: str | None


def against(address: Address, work: Callable[[Client], Awaitable[_Result]]) -> _Result:
    """Runs ``work`` with a client. SIGTERM cancels it like Ctrl-C."""
    return operating(address, work)


def operating(address: Address, work: Callable[[Operator], Awaitable[_Result]]) -> _Result:
    """As ``against``, with an operator's client."""

    async def session() -> _Result:
        from coderunner.operations import Operator  # noqa: PLC0415 - gRPC loads only when a gateway is asked

        _quiet_retries()
        this = asyncio.current_task()
        if this is not None:
            with suppress(NotImplementedError, ValueError, RuntimeError):
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
        async with Operator(address.gateway, address.token, connect_timeout_s=_CONNECT_S) as client:
            return await work(client)

    try:
        return asyncio.run(session())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _quiet_retries() -> None:
    import stamina.instrumentation  # noqa: PLC0415 - comes with the client

    stamina.instrumentation.set_on_retry_hooks([])  # its default prints to standard output

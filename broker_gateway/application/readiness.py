"""The gateway's readiness: whether it can do its work now."""

from __future__ import annotations

from dataclasses import dataclass

from broker_gateway.application.callback_relay import CallbackRelay
from broker_gateway.application.ports import BusState


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """The report on what works at one moment."""

    bus: bool
    """The bus answers."""
    relay: bool
    """Callbacks are being delivered, or are another gateway's business."""

    @property
    def ready(self) -> bool:
        """True where tasks can be taken. A relay that is down delays callbacks; it is no reason to turn callers
        away."""
        return self.bus


class Readiness:
    """The question whether the parts that the gateway needs work, answered from memory."""

    def __init__(self, *, bus: BusState, relay: CallbackRelay | None = None) -> None:
        """``relay``: None where this gateway runs none."""
        self._bus = bus
        self._relay = relay

    def report(self) -> ReadinessReport:
        """The report on what works now."""
        return ReadinessReport(self._bus.connected(), self._relay is None or self._relay.is_running)

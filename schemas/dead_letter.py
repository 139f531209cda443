"""The message on DEAD: what could not be run or delivered."""

from __future__ import annotations

import msgspec

from schemas.sizes import cut_to_json

_LETTER_ROOM_BYTES = 64 << 10
"""Room for all of a dead letter that is not its payload."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """The message on DEAD: what could not be run or delivered, with why and the message as it was."""

    id: str
    reason: str
    """A ``DeadReason``."""
    detail: str
    subject: str
    payload: str
    at_ms: int
    attempts: int
    node_id: str
    """Empty where a gateway buried it."""

    @classmethod
    def of(
        cls,
        task_id: str,
        reason: str,
        detail: str,
        *,
        subject: str,
        data: bytes,
        at_ms: int,
        attempts: int,
        max_bytes: int,
        node_id: str = "",
    ) -> DeadLetter:
        """The letter for one message of the bus: its ``subject`` and its ``data``, readable whatever they hold. JSON in
        JSON is larger than it was: of what the bus would not take (``max_bytes``) the beginning is kept, as a letter
        that cannot be stored would leave its message on the bus for ever."""
        room = max_bytes - _LETTER_ROOM_BYTES
        whole = data.decode(errors="replace")
        payload = cut_to_json(whole, room)
        if len(payload) < len(whole):
            detail += (
                f" (of the message's {len(data)} bytes only the beginning fits into a letter: it cannot run again)"
            )
        return cls(
            id=task_id,
            reason=reason,
            detail=cut_to_json(detail, _LETTER_ROOM_BYTES // 2),
            subject=subject,
            payload=payload,
            at_ms=at_ms,
            attempts=attempts,
            node_id=node_id,
        )

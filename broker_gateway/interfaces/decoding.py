"""The decoding of requests, in bounds: what is too large or cannot be decoded is told to be the caller's fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc.aio
from google.protobuf.message import DecodeError

from broker_gateway.application.commands import Invalid
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.refusals import refuse
from broker_gateway.interfaces.wire_bounds import (
    MAX_FIELDS,
    MAX_QUERY_BYTES,
    QUICK_BYTES,
    QUICK_FIELDS,
    SMALL_BYTES,
    Shape,
    has_few_fields,
    shape_of,
)

Context = grpc.aio.ServicerContext[Any, Any]

SUBMITTING = frozenset(
    (
        *(
            f"/coderunner.v1.ExecutionService/{name}"
            for name in ("Submit", "SubmitBatch", "Execute", "SubmitAndWatch", "Interact")
        ),
        "/coderunner.v1.BlobService/PutBlob",
    )
)
"""Methods whose requests carry programs, or pieces of blobs; all others have small requests."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The stand-in for a request that is not worth decoding, or that cannot be decoded."""

    violation: Violation


@dataclass(slots=True)
class Undecoded:
    """The stand-in for a request that is too large, or has too many fields, to be looked at on the loop."""

    data: bytes

    def taken(self) -> bytes:
        """The data, which is not held any longer: the call that has this may last."""
        data, self.data = self.data, b""
        return data


class Decoder:
    """The decoding of one method's requests, in bounds. What a deserializer raises becomes INTERNAL before any method
    sees it, and it runs on the loop: so ``first`` does not raise, and leaves what takes long to ``request``."""

    def __init__(self, decode: Callable[[bytes], Any], method: str) -> None:
        """``decode`` is the generated class's ``FromString``."""
        message = getattr(decode, "__self__", None)
        name = getattr(message, "__name__", "request")
        self._decode = decode
        self._shape = shape_of(message.DESCRIPTOR) if message is not None else Shape(name)
        self._max_bytes = None if method in SUBMITTING else MAX_QUERY_BYTES
        self._undecodable = Refused(
            Violation(name, "has text that is not valid UTF-8, or is not valid protobuf of this type")
        )
        self._too_many = Refused(Violation(name, f"must have at most {MAX_FIELDS} fields, nested ones included"))
        self._too_large = Refused(Violation(name, f"must have at most {MAX_QUERY_BYTES} bytes"))

    def first(self, data: bytes) -> Any:
        """The request, or what stands for it."""
        if self._max_bytes is not None and len(data) > self._max_bytes:
            return self._too_large
        return self._decoded(data) if self._is_quick(data) else Undecoded(data)

    def _is_quick(self, data: bytes) -> bool:
        if len(data) <= SMALL_BYTES:
            return True
        return len(data) <= QUICK_BYTES and has_few_fields(data, self._shape, QUICK_FIELDS)

    async def request(self, first: Any, context: Context) -> Any:
        """The request that ``first`` stands for; ends the call where it is refused."""
        if isinstance(first, Undecoded):
            first = await asyncio.to_thread(self._decoded_in_bounds, first.taken())
        if isinstance(first, Refused):
            await refuse(context, Invalid([first.violation]))
        return first

    def _decoded_in_bounds(self, data: bytes) -> Any:
        return self._decoded(data) if has_few_fields(data, self._shape) else self._too_many

    def _decoded(self, data: bytes) -> Any:
        try:
            return self._decode(data)
        except (DecodeError, UnicodeDecodeError):
            return self._undecodable

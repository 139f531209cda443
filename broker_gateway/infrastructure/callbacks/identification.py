"""The proof, in the headers of a callback, that it comes from here: Standard Webhooks signatures
(https://www.standardwebhooks.com), and header values that the operator has given a client."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from broker_gateway.application.ports import DeliveryError

MAX_SECRETS = 8
MAX_HEADERS = 16
MAX_VALUE_CHARS = 4096
MAX_SETS = 64
"""Named header values of one client."""
UNKNOWN_AGAIN_S = 60.0
"""After this a result is tried again whose header values are not configured (any more)."""

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_OURS = frozenset(
    [
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    ]
)
"""What the transports themselves say."""
_OUR_PREFIXES = ("webhook-", "grpc-", "proxy-")
_BINARY_SUFFIX = "-bin"
"""Of gRPC's metadata that is not text."""


_log = structlog.get_logger(__name__)


class IdentificationError(ValueError):
    """A secret or a header that cannot be used; in words that repeat no secret."""


@dataclass(frozen=True, slots=True)
class Identification:
    """What one client's callbacks carry: its signatures and its headers."""

    keys: Sequence[bytes] = field(default=(), repr=False)
    """The newest first. Each signs, so that a receiver may know the old one or the new one."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, secrets: Sequence[str], values: Mapping[str, str]) -> Identification:
        """Raises IdentificationError."""
        if len(secrets) > MAX_SECRETS:
            raise IdentificationError(f"there are {len(secrets)} secrets; at most {MAX_SECRETS} may sign")
        if len(values) > MAX_HEADERS:
            raise IdentificationError(f"there are {len(values)} headers; at most {MAX_HEADERS} may be sent")
        if len({name.lower() for name in values}) < len(values):
            raise IdentificationError("a header is there twice: capitals make no difference")
        for name, value in values.items():
            _check_header(name, value)
        return cls(tuple(_key(number, secret) for number, secret in enumerate(secrets, 1)), dict(values))

    def headers(self, message_id: str, body: bytes, now_s: int) -> dict[str, str]:
        """The headers of a callback with this body."""
        if not self.keys:
            return dict(self.values)
        signed = b"%s.%d.%s" % (message_id.encode(), now_s, body)
        signatures = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self.keys]
        return {
            **self.values,
            "webhook-id": message_id,
            "webhook-timestamp": str(now_s),
            "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
        }


Values = Mapping[str, str]
"""Header names and values."""


def header_set(values: Values) -> Values:
    """The values, where all of them can be sent. Raises IdentificationError."""
    return Identification.of((), values).values


class Identifications:
    """The identification of each client's callbacks."""

    def __init__(
        self,
        usual: Identification | None = None,
        by_client: Mapping[str, Identification] | None = None,
        now_s: Callable[[], float] = time.time,
        sets: Mapping[str, Mapping[str, Values]] | None = None,
    ) -> None:
        """``usual``: of a client that is not in ``by_client``. ``sets``: client to name to the header values that one
        of its tasks may ask for."""
        self._usual = usual or Identification()
        self._by_client = dict(by_client or {})
        self._now_s = now_s
        self._sets = dict(sets or {})

    def knows(self, client: str, name: str) -> bool:
        """True where the client has header values of this name."""
        return name in self._sets.get(client, {})

    def headers(self, client: str, message_id: str, body: bytes, named: str = "") -> dict[str, str]:
        """The headers of a callback of the client's, sent now, with the values that are ``named`` before its others.
        Raises DeliveryError where there are none of that name: they are there again, perhaps, once the configuration
        is mended, and without them the endpoint could only refuse."""
        usual = self._by_client.get(client, self._usual).headers(message_id, body, int(self._now_s()))
        if not named:
            return usual
        values = self._sets.get(client, {}).get(named)
        if values is None:
            _log.warning("callback_headers_unknown", client=client, headers=named)
            raise DeliveryError(
                f"no header values named {named} are configured", was_made=False, retry_after_s=UNKNOWN_AGAIN_S
            )
        replaced = {name.lower() for name in values}
        return {**{name: value for name, value in usual.items() if name.lower() not in replaced}, **values}


def _key(number: int, secret: str) -> bytes:
    digits = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise IdentificationError(f"secret {number} is not base64, with or without {_PREFIX} before it") from None
    if len(key) not in _KEY_BYTES:
        raise IdentificationError(
            f"secret {number} has {len(key)} bytes; Standard Webhooks asks for {_KEY_BYTES[0]} to {_KEY_BYTES[-1]}"
        )
    return key


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise IdentificationError("a header's name is not 1 to 64 letters, digits and hyphens")
    lower = name.lower()
    if lower in _OURS or lower.startswith(_OUR_PREFIXES) or lower.endswith(_BINARY_SUFFIX):
        raise IdentificationError(f"the header {name} is not for configuration to set")
    if len(value) > MAX_VALUE_CHARS or not _HEADER_VALUE.fullmatch(value):
        raise IdentificationError(
            f"the value of header {name} is not 1 to {MAX_VALUE_CHARS} printable ASCII characters"
            " that begin and end with no space"
        )

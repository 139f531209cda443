"""The check of a Standard Webhooks signature (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from coderunner.webhooks.errors import WebhookError

_PREFIX = "whsec_"
_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_MAX_CHARS = {_ID: 256, _TIMESTAMP: 12, _SIGNATURE: 2048}
_VERSION = "v1,"
_UNAUTHORIZED = 401


def keys_of(secrets: str | Iterable[str]) -> list[bytes]:
    """The keys of secrets (base64, with or without ``whsec_`` before it). Raises ValueError where there is none, or one
    is no secret."""
    texts = [secrets] if isinstance(secrets, str) else list(secrets)
    keys = [_key(number, text) for number, text in enumerate(texts, 1)]
    if not keys:
        raise ValueError("there is no secret to verify callbacks by")
    return keys


def verified_id(headers: Mapping[str, str], body: bytes, keys: list[bytes], *, now_s: float, tolerance_s: float) -> str:
    """The ``webhook-id`` of a request that one of the keys has signed within ``tolerance_s`` of now. Raises
    WebhookError."""
    given = _ours(headers)
    message_id, timestamp = given[_ID], given[_TIMESTAMP]
    if not (timestamp.isascii() and timestamp.isdecimal()):
        raise WebhookError("webhook-timestamp is no number", _UNAUTHORIZED)
    signed = b"%s.%s.%s" % (message_id.encode(errors="replace"), timestamp.encode(), body)
    expected = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    signatures = [one[len(_VERSION) :] for one in given[_SIGNATURE].split() if one.startswith(_VERSION)]
    matches = [hmac.compare_digest(one, sent.encode(errors="replace")) for one in expected for sent in signatures]
    if not any(matches):
        raise WebhookError("no signature is of a secret that is known here", _UNAUTHORIZED)
    if abs(now_s - int(timestamp)) > tolerance_s:
        raise WebhookError("it was signed too long ago, or ahead of this machine's clock", _UNAUTHORIZED)
    return message_id


def _ours(headers: Mapping[str, str]) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers.items() if name.lower() in _MAX_CHARS}
    for name, max_chars in _MAX_CHARS.items():
        if not 0 < len(found.get(name, "")) <= max_chars:
            raise WebhookError(f"{name} is missing or too long", _UNAUTHORIZED)
    return found


def _key(number: int, secret: str) -> bytes:
    digits = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"secret {number} is not base64, with or without {_PREFIX} before it") from None
    if not key:
        raise ValueError(f"secret {number} is empty")
    return key

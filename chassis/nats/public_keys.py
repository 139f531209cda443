"""Public NKeys: base 32 of a kind, an Ed25519 key and a checksum; what they say of a signature. The package ``nkeys``
verifies by seeds alone."""

from __future__ import annotations

import base64
import binascii

import nkeys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

USER, SERVER, ACCOUNT = nkeys.PREFIX_BYTE_USER, nkeys.PREFIX_BYTE_SERVER, nkeys.PREFIX_BYTE_ACCOUNT
"""Kinds of keys, which begin with U, N and A."""
_CHARS, _CHECKSUM_BYTES = 56, 2


def is_signed(public_key: str, text: bytes, signature: bytes, kind: int = USER) -> bool:
    """True if the holder of that key, of that kind, signed the text. False for what is no key."""
    raw = raw_key(public_key, kind)
    if raw is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def raw_key(public_key: str, kind: int = USER) -> bytes | None:
    """Its 32 bytes; None for what is no key of that kind."""
    if len(public_key) != _CHARS:
        return None
    try:
        whole = base64.b32decode(public_key.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        return None
    body, checksum = whole[:-_CHECKSUM_BYTES], whole[-_CHECKSUM_BYTES:]
    if body[0] != kind or nkeys.crc16_checksum(body) != checksum:
        return None
    return bytes(body[1:])

"""The issuer's public keys, as far as a token may be verified with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHMS = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"))
"""All of them have a public half. With HS256 that public half would be the secret, and "none" asks for no key."""
MAX_KEYS = 100
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
"""Shorter ones can be broken; longer ones hold the event loop."""
PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key, and the only algorithm that it is for."""

    id: str
    """Empty where it has none."""
    algorithm: str
    key: PublicKey = field(compare=False)
    described: str
    """As the issuer wrote it."""


KeySet = Mapping[str, Sequence[SigningKey]]
"""By their ids: several may have none, and keys of different types one and the same (RFC 7517, section 4.5)."""


def key_set(document: object) -> KeySet:
    """The keys of a JSON Web Key Set; those that are not for us are left out. Raises ValueError where there is none,
    and for what is no such set."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JSON Web Key Set")  # noqa: TRY004  # it came from outside
    found: dict[str, list[SigningKey]] = {}
    for key in map(_usable, listed[:MAX_KEYS]):
        if key is not None:
            found.setdefault(key.id, []).append(key)
    if not found:
        raise ValueError("it has no key that can be used")
    return found


def _usable(described: Any) -> SigningKey | None:
    """Its algorithm is what it names, or what its type implies."""
    if not isinstance(described, dict) or described.get("use", "sig") != "sig":
        return None
    try:
        made = jwt.PyJWK(described)
    except Exception:  # noqa: BLE001 - whatever it is: one odd key must not take the others along, nor the gateway
        return None
    key, key_id = made.key, made.key_id or ""
    if not isinstance(key, PublicKey) or made.algorithm_name not in ALGORITHMS or not isinstance(key_id, str):
        return None
    if isinstance(key, RSAPublicKey) and not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return None
    return SigningKey(key_id, made.algorithm_name, key, repr(described))

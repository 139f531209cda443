"""The JWTs by which the bus asks who somebody is, and is answered: NATS ADR-26 (auth callout) and ADR-14 (JWTs),
https://github.com/nats-io/nats-architecture-and-design. Three parts with dots between, each base 64 for URLs: a header,
claims, and the signature of an NKey, whose public half is the issuer that the claims name."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import nkeys

from chassis.nats import public_keys
from schemas.permissions import Permissions
from schemas.reader import Reader

MAX_REQUEST_BYTES = 64 << 10
"""A stranger's words in it are one line of the bus's protocol, 4 KiB; certificates that he shows are the rest."""
ANSWER_NS = 60 * 1_000_000_000
"""How long a node may take to answer an order, as in nats.conf."""
_ALGORITHM = "ed25519-nkey"
_HEADER = {"typ": "JWT", "alg": _ALGORITHM}
_AUDIENCE = "nats-authorization-request"
_VERSION = 2


class JwtError(ValueError):
    """It is none of the bus's; the text repeats nothing of it."""


class _Header(msgspec.Struct):
    alg: str


class _Server(msgspec.Struct):
    id: str


class ClientInfo(msgspec.Struct):
    """What the server knows of a connection."""

    host: str = ""
    nonce: str = ""
    """What it gave it to sign; empty where it signed nothing."""


class ConnectOptions(msgspec.Struct):
    """What a stranger said of himself."""

    nkey: str = ""
    sig: str = ""
    auth_token: str = ""


class _Question(msgspec.Struct):
    server_id: _Server
    user_nkey: str
    client_info: ClientInfo
    connect_opts: ConnectOptions


class _Claims(msgspec.Struct):
    iss: str
    aud: str
    exp: int
    nats: _Question


class AuthRequest(msgspec.Struct, frozen=True):
    """The bus's question who somebody is."""

    server: str
    """The public key of the server that asks."""
    user: str
    """The key that the server made for this connection: the answer is about it."""
    client: ClientInfo
    said: ConnectOptions

    def proves_its_key(self) -> bool:
        """True if whoever connects signed the server's nonce with the key that he names."""
        nonce, signature = self.client.nonce, _decoded(self.said.sig)
        return bool(nonce) and public_keys.is_signed(self.said.nkey, nonce.encode(errors="replace"), signature)


_headers = Reader(_Header)
_claims = Reader(_Claims)


def read_request(token: bytes, now_s: float) -> AuthRequest:
    """The question in it. Raises JwtError."""
    if len(token) > MAX_REQUEST_BYTES:
        raise JwtError("too large")
    signed, _, signature = token.rpartition(b".")
    header, _, body = signed.partition(b".")
    try:
        if _headers.decode(_decoded(header)).alg != _ALGORITHM:
            raise JwtError("another algorithm")
        claims = _claims.decode(_decoded(body))
    except msgspec.DecodeError:
        raise JwtError("not understood") from None
    asked = claims.nats
    if not public_keys.is_signed(claims.iss, signed, _decoded(signature), public_keys.SERVER):
        raise JwtError("not signed by the server that it names")
    if claims.aud != _AUDIENCE or claims.iss != asked.server_id.id or claims.exp < now_s:
        raise JwtError("not a server's question, or too old")
    if public_keys.raw_key(asked.user_nkey) is None:
        raise JwtError("about nobody")
    return AuthRequest(claims.iss, asked.user_nkey, asked.client_info, asked.connect_opts)


class AccountKey:
    """The key that the bus's configuration names as the one whose answers are believed (``issuer``)."""

    def __init__(self, seed: bytes) -> None:
        """Raises ValueError for what is no account's seed."""
        try:
            self._keys = nkeys.from_seed(bytearray(seed))
            self.public_key: str = self._keys.public_key.decode()
        except (nkeys.NkeysError, ValueError) as error:
            raise ValueError(f"no seed: {type(error).__name__}") from None
        if public_keys.raw_key(self.public_key, public_keys.ACCOUNT) is None:
            raise ValueError("the seed of something else than an account")
        self._seed = bytes(seed)

    @classmethod
    def read(cls, path: str) -> AccountKey:
        """Of the file with the seed. Raises OSError, ValueError."""
        return cls(Path(path).read_bytes().strip())

    def derived(self, purpose: str) -> bytes:
        """A secret of 32 bytes for one purpose, the same in all processes that have this key."""
        return hashlib.blake2b(purpose.encode(), key=self._seed[:64], digest_size=32).digest()

    def lets_in(
        self,
        request: AuthRequest,
        permissions: Permissions,
        *,
        account: str,
        name: str,
        now_s: float,
        lifetime_s: float,
    ) -> bytes:
        """The answer that lets the connection into the account, for so long."""
        claims = {"sub": request.user, "aud": account, "name": name, "exp": int(now_s + lifetime_s)}
        user = self._signed({**claims, "nats": _user(permissions)}, now_s)
        return self._answer(request, now_s, jwt=user.decode())

    def refuses(self, request: AuthRequest, reason: str, *, now_s: float) -> bytes:
        """The answer that does not; the reason is in the server's log."""
        return self._answer(request, now_s, error=reason)

    def _answer(self, request: AuthRequest, now_s: float, **said: str) -> bytes:
        nats = {"type": "authorization_response", "version": _VERSION, **said}
        return self._signed({"sub": request.user, "aud": request.server, "nats": nats}, now_s)

    def _signed(self, claims: Mapping[str, Any], now_s: float) -> bytes:
        whole = {**claims, "iss": self.public_key, "iat": int(now_s)}
        whole["jti"] = _encoded(hashlib.sha256(json.dumps(whole).encode()).digest()).decode()
        signed = b".".join(_encoded(json.dumps(part).encode()) for part in (_HEADER, whole))
        return signed + b"." + _encoded(self._keys.sign(signed))


def _user(permissions: Permissions) -> dict[str, Any]:
    return {
        "type": "user",
        "version": _VERSION,
        "pub": {"allow": list(permissions.publish)},
        "sub": {"allow": list(permissions.subscribe)},
        "resp": {"max": 1, "ttl": ANSWER_NS},
        "subs": -1,
        "data": -1,
        "payload": -1,
    }


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decoded(text: bytes | str) -> bytes:
    """Base 64 in either alphabet; empty for what is none."""
    raw = text.encode(errors="replace") if isinstance(text, str) else text
    try:
        return base64.b64decode(raw.translate(_ALPHABET) + b"=" * (-len(raw) % 4), validate=True)
    except binascii.Error:
        return b""


_ALPHABET = bytes.maketrans(b"-_", b"+/")

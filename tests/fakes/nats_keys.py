"""Keys of the bus, and the words that its server writes with one: what matters of those of nats-server 2.15.1."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import nkeys

from schemas.joined import join_text

KINDS = {"U": nkeys.PREFIX_BYTE_USER, "N": nkeys.PREFIX_BYTE_SERVER, "A": nkeys.PREFIX_BYTE_ACCOUNT}
NONCE = "ZzqcAsm0Ah4UPWI"


class Key:
    """A fresh NKey of a kind: ``U`` (user), ``N`` (server), ``A`` (account)."""

    def __init__(self, kind: str = "U") -> None:
        self.seed = nkeys.encode_seed(os.urandom(32), KINDS[kind])
        self._pair = nkeys.from_seed(bytearray(self.seed))
        self.public: str = self._pair.public_key.decode()

    def sign(self, text: bytes) -> bytes:
        return bytes(self._pair.sign(text))

    def joins(self, node_id: str, *pools: str) -> bytes:
        """The signature of a request to join."""
        return self.sign(join_text(node_id, pools))


def encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def jwt(claims: dict[str, Any], by: Key, algorithm: str = "ed25519-nkey") -> bytes:
    parts = ({"typ": "JWT", "alg": algorithm}, claims)
    signed = b".".join(encoded(json.dumps(part).encode()) for part in parts)
    return signed + b"." + encoded(by.sign(signed))


def claims_of(token: bytes | str) -> dict[str, Any]:
    """Unverified."""
    body = (token.encode() if isinstance(token, str) else token).split(b".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    return found


def question(server: Key, *, about: str, at_s: int, said: dict[str, Any], nonce: str = NONCE) -> dict[str, Any]:
    """The claims of a question who somebody is that said this of himself."""
    return {
        "aud": "nats-authorization-request",
        "exp": at_s + 3,
        "jti": "2RROSX5FDI6AP3NVACNWWJMOQ6F7CPRRRYAREXWTBQ4FXO34VJ2A",
        "iat": at_s,
        "iss": server.public,
        "sub": "ADJ5XOH7Z3ZR2WDRXGJO2NCK4JFLTXIEWSSQGK3QOVXWOQLVGFM52AI3",
        "nats": {
            "server_id": {"name": "nats", "host": "127.0.0.1", "id": server.public, "version": "2.15.1"},
            "user_nkey": about,
            "client_info": {"host": "192.0.2.7", "id": 12, "kind": "Client", "type": "nats", "nonce": nonce},
            "connect_opts": {"lang": "python3", "version": "2.16.0", "protocol": 1, **said},
            "type": "authorization_request",
            "version": 2,
        },
    }


def shown(node: Key, user: str, nonce: str = NONCE) -> dict[str, str]:
    """What a node says of itself when it connects."""
    signature = base64.b64encode(node.sign(nonce.encode())).decode()
    return {"nkey": node.public, "sig": signature, "auth_token": user}

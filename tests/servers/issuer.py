"""An OpenID Connect issuer on the loopback interface: its discovery document, its keys, the tokens that it signs."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any, Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

AUDIENCE = "coderunner"
MOVED = "/moved"
"""Below it is everything once more; redirections lead there."""
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class TestIssuer:
    """Serves from ``start`` to ``stop``, again on the same port. ``keys``: by their ids, with their algorithms."""

    __test__ = False

    def __init__(self) -> None:
        self.keys: dict[str, tuple[PrivateKey, str]] = {"one": (ec.generate_private_key(ec.SECP256R1()), "ES256")}
        self.asked: Counter[str] = Counter()
        self.bodies: dict[str, bytes | int] = {}
        """What a path answers instead: a body, in which ISSUER is its own address, or a status."""
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        server: Any = site._server
        self.port = server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def token(self, key_id: str = "one", *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A signed token; a claim that is None is left out."""
        key, algorithm = self.keys[key_id]
        return jwt.encode(self.claims(**claims), key, algorithm, {"kid": key_id, **(headers or {})})

    def claims(self, **changes: Any) -> dict[str, Any]:
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "ada", "exp": int(time.time()) + 600}
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def public_jwk(self, key_id: str) -> dict[str, Any]:
        key, algorithm = self.keys[key_id]
        written: Any = get_default_algorithms()[algorithm]
        described: dict[str, Any] = json.loads(written.to_jwk(key.public_key()))
        return {**described, "kid": key_id, "alg": algorithm, "use": "sig"}

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        instead = self.bodies.get(request.path)
        if isinstance(instead, int):
            return web.Response(status=instead, headers={"Location": MOVED + request.path})
        if instead is not None:
            return web.Response(body=instead.replace(b"ISSUER", self.url.encode()))
        path = request.path.removeprefix(MOVED)
        if path == "/.well-known/openid-configuration":
            return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}/jwks"})
        if path == "/jwks":
            return web.json_response({"keys": [self.public_jwk(key_id) for key_id in self.keys]})
        return web.Response(status=404)

"""Identity tokens against a real issuer: whose they are, and everything by which one is not believed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.utils import base64url_encode

from broker_gateway.application.identity import Identity
from broker_gateway.domain.client_role import CLIENT_ROLES, ClientRole, with_included
from broker_gateway.infrastructure.oidc.identity_tokens import LEEWAY_S
from tests.integration.gateway.identity_rig import ADA, Rig
from tests.servers.issuer import AUDIENCE, TestIssuer

JWKS, DISCOVERY = "/jwks", "/.well-known/openid-configuration"


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[TestIssuer]:
    async with TestIssuer() as made:
        yield made


@pytest_asyncio.fixture
async def rig(issuer: TestIssuer) -> AsyncIterator[Rig]:
    made = Rig(issuer)
    yield made
    await made.keys.close()


async def test_a_token_of_the_issuer_for_us_is_its_subject_with_the_usual_roles(rig: Rig) -> None:
    assert await rig.whose(rig.issuer.token()) == ADA
    assert await rig.whose(rig.issuer.token(aud=["others", AUDIENCE], sub="bob")) == Identity("oidc:bob", CLIENT_ROLES)


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "EdDSA"])
async def test_every_kind_of_key_verifies(rig: Rig, algorithm: str) -> None:
    made: Any = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "PS384": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[algorithm]()
    rig.issuer.keys = {"k": (made, algorithm)}
    assert await rig.whose(rig.issuer.token("k")) == ADA


@pytest.mark.parametrize(
    ("rules", "claims", "roles"),
    [
        ({}, {"roles": ["admin", "operate", "root"]}, []),
        ({}, {"roles": ["coderunner:operate"]}, [ClientRole.OPERATE]),
        ({"roles": {"boss": ClientRole.ADMIN}}, {"roles": ["boss"]}, [ClientRole.ADMIN]),
        ({"roles_claim": "scope"}, {"scope": "openid coderunner:submit email"}, [ClientRole.SUBMIT]),
        ({"roles_claim": "a.b"}, {"a": {"b": ["coderunner:submit"]}}, [ClientRole.SUBMIT]),
        ({"roles_claim": "https://x.example/r"}, {"https://x.example/r": ["coderunner:submit"]}, [ClientRole.SUBMIT]),
        ({"roles_claim": "a.b.c"}, {"a": ["b"]}, []),
        ({}, {"roles": {"coderunner:admin": 1}}, []),
        ({}, {"roles": [["coderunner:admin"], 1, None]}, []),
        ({}, {"roles": ["x"] * 200 + ["coderunner:admin"]}, []),
    ],
    ids=str,
)
async def test_roles_are_those_of_ours_that_the_claim_names(
    issuer: TestIssuer, rules: dict[str, Any], claims: dict[str, Any], roles: list[ClientRole]
) -> None:
    rig = Rig(issuer, **{"usual_roles": frozenset(), **rules})
    assert await rig.whose(issuer.token(**claims)) == Identity("oidc:ada", with_included(roles))
    await rig.keys.close()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "others"},
        {"aud": None},
        {"exp": None},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": float("nan")},
        {"exp": float("inf")},
        pytest.param({"exp": 10**400}, id="exp beyond all numbers"),
        {"nbf": 1 << 40},
        {"sub": None},
        {"sub": ""},
        {"sub": "a b"},
        {"sub": "a\n"},
        {"sub": "x" * 65},
        {"sub": "ä"},
    ],
    ids=str,
)
async def test_claims_that_do_not_say_who_it_is_and_for_whom_and_until_when_are_refused(
    rig: Rig, claims: dict[str, Any]
) -> None:
    assert await rig.whose(rig.issuer.token(**claims)) is None


async def test_a_subject_that_is_no_text_is_refused(rig: Rig) -> None:
    key, _ = rig.issuer.keys["one"]
    for subject in (1, ["ada"], {"ada": 1}, True):
        payload = json.dumps(rig.issuer.claims(sub=subject)).encode()
        assert await rig.whose(jwt.PyJWS().encode(payload, key, "ES256", {"kid": "one"})) is None


def _always(signature: bytes, _signed: bytes) -> bytes:
    return signature


def forged(header: dict[str, Any], claims: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    signed = b".".join(base64url_encode(json.dumps(part).encode()) for part in (header, claims))
    return (signed + b"." + base64url_encode(signature(signed))).decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS256"])
async def test_a_token_that_nobody_signed_is_refused(rig: Rig, algorithm: str) -> None:
    header = {"alg": algorithm, "kid": "one", "typ": "JWT"}
    for signature in (b"", b"x" * 64):
        assert await rig.whose(forged(header, rig.issuer.claims(), partial(_always, signature))) is None


@pytest.mark.parametrize("encoding", ["PEM", "DER", "JWK"])
async def test_the_public_key_is_no_secret_to_sign_with(rig: Rig, encoding: str) -> None:
    """Algorithm confusion: HS256 with what everybody can read."""
    key, _ = rig.issuer.keys["one"]
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    secret = {
        "PEM": key.public_key().public_bytes(serialization.Encoding.PEM, spki),
        "DER": key.public_key().public_bytes(serialization.Encoding.DER, spki),
        "JWK": json.dumps(rig.issuer.public_jwk("one")).encode(),
    }[encoding]
    header = {"alg": "HS256", "kid": "one"}
    token = forged(header, rig.issuer.claims(), lambda signed: hmac.digest(secret, signed, hashlib.sha256))
    assert await rig.whose(token) is None


async def test_a_key_verifies_by_its_own_algorithm_alone(rig: Rig) -> None:
    key = rsa.generate_private_key(65537, 2048)
    rig.issuer.keys = {"one": (key, "RS256")}
    assert await rig.whose(rig.issuer.token()) == ADA
    for other in ("PS256", "RS512"):
        assert await rig.whose(jwt.encode(rig.issuer.claims(), key, other, {"kid": "one"})) is None


async def test_a_signature_of_another_key_or_over_other_claims_is_refused(rig: Rig) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert await rig.whose(jwt.encode(rig.issuer.claims(), stranger, "ES256", {"kid": "one"})) is None
    header, _, signature = rig.issuer.token().split(".")
    claims = base64url_encode(json.dumps(rig.issuer.claims(sub="eve")).encode()).decode()
    assert await rig.whose(f"{header}.{claims}.{signature}") is None


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "crit"])
async def test_a_token_cannot_say_where_its_key_is(rig: Rig, name: str) -> None:
    """Its own server is not even asked."""
    async with TestIssuer() as theirs:
        key, _ = theirs.keys["one"]
        told: Any = {"jwk": theirs.public_jwk("one"), "x5c": ["MIIB"], "crit": ["exp"]}.get(name, f"{theirs.url}/jwks")
        headers = {"kid": "one", name: told}
        assert await rig.whose(jwt.encode(rig.issuer.claims(), key, "ES256", headers)) is None
        assert theirs.asked == {}


async def test_a_header_that_must_be_understood_is_not_passed_over(rig: Rig) -> None:
    assert await rig.whose(rig.issuer.token(headers={"crit": ["b64"], "b64": True})) is None


@pytest.mark.parametrize(
    "token",
    [
        "..",
        "a.b.c",
        "\x00.\x00.\x00",
        "ä.ö.ü",
        "=.=.=",
        f"{base64url_encode(b'[' * 5000).decode()}.{base64url_encode(b'[' * 900).decode()}.x",
        f"{base64url_encode(b'{}').decode()}.{base64url_encode(b'{}').decode()}.",
        f"{base64url_encode(b'null').decode()}.{base64url_encode(b'null').decode()}.x",
        f"{base64url_encode(json.dumps({'alg': 'ES256', 'kid': ['one']}).encode()).decode()}.e30.x",
        f"{base64url_encode(json.dumps({'alg': ['ES256'], 'kid': 'one'}).encode()).decode()}.e30.x",
        f"{base64url_encode(json.dumps({'alg': 'ES256', 'kid': 'k' * 4000}).encode()).decode()}.e30.x",
        "x" * 2_000_000 + ".x.x",
        "." * 100_000,
    ],
    ids=lambda token: token[:12],
)
async def test_garbage_is_refused(rig: Rig, token: str) -> None:
    assert await rig.whose(token) is None


async def test_deep_claims_under_a_good_signature_are_refused_and_not_a_fault_of_ours(rig: Rig) -> None:
    key, _ = rig.issuer.keys["one"]
    payload = b'{"a":' * 900 + b"1" + b"}" * 900
    assert await rig.whose(jwt.PyJWS().encode(payload, key, "ES256", {"kid": "one"})) is None


async def test_a_verified_token_is_not_verified_again_and_ends_with_its_time(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = rig.issuer.token()
    assert await rig.whose(token) == ADA
    with monkeypatch.context() as patch:
        patch.setattr(jwt, "decode", None)
        assert await rig.whose(token) == ADA
    rig.passed_s = 600 + LEEWAY_S + 1
    assert rig.tokens._known(hashlib.sha256(token.encode()).digest()) is None

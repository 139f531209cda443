"""The issuer's keys: rotated, taken back, and believed while it is away or talks nonsense."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt.algorithms import get_default_algorithms
from jwt.utils import base64url_encode
from structlog.testing import capture_logs

from broker_gateway.application.commands import Unavailable
from broker_gateway.application.identity import Identity
from broker_gateway.domain.client_role import CLIENT_ROLES
from broker_gateway.infrastructure.oidc import identity_tokens
from broker_gateway.infrastructure.oidc import issuer as issuer_module
from broker_gateway.infrastructure.oidc.issuer import issuer_fault
from broker_gateway.infrastructure.oidc.key_set import key_set
from tests.integration.gateway.identity_rig import ADA, Rig
from tests.servers.issuer import TestIssuer

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


async def test_a_new_key_is_asked_for_when_its_first_token_comes_and_a_taken_back_one_is_refused(rig: Rig) -> None:
    old = rig.issuer.token()
    assert await rig.whose(old) == ADA
    rig.passed_s += rig.settings.ask_again_s
    rig.issuer.keys = {"two": (ec.generate_private_key(ec.SECP256R1()), "ES256")}
    assert await rig.whose(rig.issuer.token("two")) == ADA
    assert await rig.whose(old) is None, "verified before, by a key that is the issuer's no more"


async def test_a_flood_of_unknown_key_ids_does_not_become_one_to_the_issuer(rig: Rig) -> None:
    assert await rig.whose(rig.issuer.token()) == ADA
    key, _ = rig.issuer.keys["one"]
    strange = [jwt.encode(rig.issuer.claims(), key, "ES256", {"kid": f"k{number}"}) for number in range(100)]
    assert set(await asyncio.gather(*map(rig.whose, strange))) == {None}
    assert rig.issuer.asked[JWKS] == 1
    rig.passed_s += rig.settings.ask_again_s
    assert set(await asyncio.gather(*map(rig.whose, strange))) == {None}
    assert rig.issuer.asked[JWKS] == 2


async def test_while_the_issuer_is_away_its_known_keys_are_believed_and_unknown_ones_cannot_be_told(rig: Rig) -> None:
    later = rig.issuer.token(sub="later")
    assert await rig.whose(rig.issuer.token()) == ADA
    await rig.issuer.stop()
    rig.passed_s += rig.settings.refresh_every_s
    await rig.keys.read()
    assert await rig.whose(later) == Identity("oidc:later", CLIENT_ROLES)
    key, _ = rig.issuer.keys["one"]
    unknown = jwt.encode(rig.issuer.claims(), key, "ES256", {"kid": "new"})
    assert isinstance(await rig.whose(unknown), Unavailable)
    rig.passed_s += rig.settings.kept_s
    assert isinstance(await rig.whose(later), Unavailable)
    await rig.issuer.start()
    rig.passed_s += rig.settings.ask_again_s
    fresh = rig.issuer.token(exp=int(time.time() + rig.passed_s) + 600)
    assert await rig.whose(fresh) == ADA


async def test_an_issuer_that_was_never_there_makes_nobody_unauthenticated(issuer: TestIssuer) -> None:
    token = issuer.token()
    await issuer.stop()
    rig = Rig(issuer)
    assert isinstance(await rig.whose(token), Unavailable)
    await rig.keys.close()


NONSENSE: list[tuple[str, bytes | int, str]] = [
    (JWKS, b"{}", "not a JSON Web Key Set"),
    (JWKS, b'{"keys": []}', "no key that can be used"),
    (JWKS, b'{"keys": [1, {}, {"kty": "oct", "k": "AAAA", "kid": "one"}, {"kty": "RSA", "n": 1}]}', "no key that can"),
    (JWKS, b'{"keys": [{"kty": "EC", "alg": "none", "kid": "one"}]}', "no key that can be used"),
    (JWKS, b"[" * 100_000, ""),
    (JWKS, b" " * (issuer_module.MAX_DOCUMENT_BYTES + 1), "more than"),
    (JWKS, b"\xff", ""),
    (JWKS, 500, "it answered 500"),
    (JWKS, 302, "it answered 302"),
    (DISCOVERY, 302, "it answered 302"),
    (DISCOVERY, b'{"issuer": "https://elsewhere.example", "jwks_uri": "ISSUER/jwks"}', "another issuer's"),
    (DISCOVERY, b'{"issuer": "ISSUER", "jwks_uri": "http://keys.example/"}', "where its keys are"),
    (DISCOVERY, b'{"issuer": "ISSUER", "jwks_uri": ["ISSUER/jwks"]}', "where its keys are"),
]


@pytest.mark.parametrize(("path", "body", "words"), NONSENSE, ids=lambda value: str(value)[:30])
async def test_an_issuer_that_talks_nonsense_is_as_one_that_is_away(
    rig: Rig, path: str, body: bytes | int, words: str
) -> None:
    rig.issuer.bodies[path] = body
    with capture_logs() as lines:
        assert isinstance(await rig.whose(rig.issuer.token()), Unavailable)
    assert [line["event"] for line in lines] == ["issuer_not_read"]
    assert words in lines[0]["error"]
    rig.issuer.bodies.clear()
    rig.passed_s += rig.settings.ask_again_s
    assert await rig.whose(rig.issuer.token()) == ADA


async def test_the_log_does_not_tell_the_address_of_the_keys(issuer: TestIssuer) -> None:
    for url in ("http://127.0.0.1:hush/", f"{issuer.url}/jwks?token=hush", "https://hush.invalid/hush"):
        issuer.bodies["/jwks"] = b"[]"
        rig = Rig(issuer, jwks_url=url)
        with capture_logs() as lines:
            await rig.whose(issuer.token())
        assert "hush/" not in str(lines)
        assert "=hush" not in str(lines)
        await rig.keys.close()


def without_id(issuer: TestIssuer, key_id: str) -> tuple[dict[str, Any], str]:
    """A key as an issuer describes it that names none, and a token signed with it."""
    key, algorithm = issuer.keys[key_id]
    described = {name: value for name, value in issuer.public_jwk(key_id).items() if name != "kid"}
    return described, jwt.encode(issuer.claims(), key, algorithm)


async def test_a_token_that_names_no_key_is_tried_with_each_that_fits(rig: Rig) -> None:
    """Of two keys without ids one was forgotten, and a token without one was refused where there was more than one."""
    for number in range(3):
        rig.issuer.keys[f"e{number}"] = (ec.generate_private_key(ec.SECP256R1()), "ES256")
    rig.issuer.keys["other"] = (ed25519.Ed25519PrivateKey.generate(), "EdDSA")
    found = [without_id(rig.issuer, key_id) for key_id in rig.issuer.keys]
    rig.issuer.bodies[JWKS] = json.dumps({"keys": [described for described, _ in found]}).encode()
    assert [await rig.whose(token) for _, token in found] == [ADA] * 5
    stranger = jwt.encode(rig.issuer.claims(), ec.generate_private_key(ec.SECP256R1()), "ES256")
    late = jwt.encode(rig.issuer.claims(exp=1), rig.issuer.keys["e2"][0], "ES256")
    assert [await rig.whose(token) for token in (stranger, late)] == [None, None]


async def test_a_token_that_names_no_key_is_tried_with_a_bounded_number(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_tokens, "MAX_TRIED", 2)
    rig.issuer.keys = {f"e{number}": (ec.generate_private_key(ec.SECP256R1()), "ES256") for number in range(3)}
    tokens = [without_id(rig.issuer, key_id)[1] for key_id in rig.issuer.keys]
    assert [await rig.whose(token) for token in tokens] == [ADA, ADA, None]


async def test_where_the_keys_are_can_be_said_instead(issuer: TestIssuer) -> None:
    rig = Rig(issuer, jwks_url=f"{issuer.url}/jwks")
    assert await rig.whose(issuer.token()) == ADA
    assert set(issuer.asked) == {JWKS}
    await rig.keys.close()


async def test_a_token_without_a_key_id_goes_with_its_key(rig: Rig) -> None:
    key, _ = rig.issuer.keys["one"]
    token = jwt.encode(rig.issuer.claims(), key, "ES256")
    assert await rig.whose(token) == ADA
    rig.passed_s += rig.settings.refresh_every_s
    rig.issuer.keys = {"two": (ec.generate_private_key(ec.SECP256R1()), "ES256")}
    await rig.keys.read()
    assert await rig.whose(token) is None


def rsa_of(bits: int) -> dict[str, Any]:
    """A public key of this length; its private half is not known."""
    modulus = ((1 << bits) - 1).to_bytes((bits + 7) // 8, "big")
    return {"kty": "RSA", "n": base64url_encode(modulus).decode(), "e": "AQAB", "kid": f"rsa{bits}"}


def test_keys_that_are_too_weak_too_long_or_for_something_else_are_left_out() -> None:
    issuer = TestIssuer()
    encryption = {**issuer.public_jwk("one"), "kid": "encryption", "use": "enc"}
    symmetric = {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric", "alg": "HS256"}
    exchange = {"kty": "OKP", "crv": "X25519", "x": base64url_encode(bytes(32)).decode(), "kid": "exchange"}
    lengths = [rsa_of(bits) for bits in (1024, 2047, 2048, 4096, 8192, 8200)]
    written: Any = get_default_algorithms()["ES256"]
    private = {**json.loads(written.to_jwk(issuer.keys["one"][0])), "kid": "private"}
    unsigned = {**issuer.public_jwk("one"), "kid": "unsigned", "alg": "none"}
    described = [*lengths, encryption, symmetric, exchange, private, unsigned, issuer.public_jwk("one")]
    assert set(key_set({"keys": described})) == {"rsa2048", "rsa4096", "rsa8192", "one"}


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("https://login.example/realm", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://login.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("ftp://login.example", False),
        ("login.example", False),
        ("https://", False),
    ],
)
def test_an_issuer_is_asked_over_tls(url: str, is_fine: bool) -> None:
    assert (issuer_fault(url) == "") is is_fine

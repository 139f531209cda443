"""API keys: what one looks like, and who may be given one."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from broker_gateway.domain.api_key import ENTROPY_BYTES, MAX_MS, KeyDraft, KeySecret, PageTerms, is_client_name
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.quota import TaskRate

SECRET = KeySecret.fresh(bytes(range(ENTROPY_BYTES)))
DRAFT = KeyDraft(client="blog", roles=["submit", "read-own"], quota_rate_per_s=0.0, quota_burst=0, expires_at_ms=0)
NOW_MS = 1_000_000
BLOG = "https://blog.example"
PAGE: dict[str, Any] = {"roles": ["page"], "origins": [BLOG]}


def test_a_key_shows_what_it_is_and_which_one_and_keeps_256_bits_to_itself() -> None:
    assert SECRET.text == f"crk_{bytes(range(40)).hex()}" + SECRET.text[-8:]
    assert SECRET.id == bytes(range(8)).hex()
    assert (ENTROPY_BYTES - len(SECRET.id) // 2) * 8 == 256
    assert KeySecret.parse(SECRET.text) == SECRET


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crk_",
        SECRET.text[:-1],
        SECRET.text + "0",
        SECRET.text + "\n",
        SECRET.text.upper(),
        SECRET.text.replace("crk_", "crk-"),
        SECRET.text[:30] + ("0" if SECRET.text[30] != "0" else "1") + SECRET.text[31:],
        "crk_" + "٣" * 88,
        "crk_" + "0" * 8000,
    ],
)
def test_what_is_mistyped_cut_off_or_made_up_is_no_key(text: str) -> None:
    assert KeySecret.parse(text) is None


def test_a_key_is_valid_for_its_own_secret_until_it_expires_or_is_revoked() -> None:
    key = replace(DRAFT, expires_at_ms=NOW_MS + 1).key(SECRET, NOW_MS)
    assert key.is_valid(SECRET, NOW_MS)
    assert not key.is_valid(SECRET, NOW_MS + 1)
    assert not replace(key, revoked_at_ms=NOW_MS).is_valid(SECRET, NOW_MS)
    same_id = KeySecret.fresh(bytes(range(8)) + bytes(ENTROPY_BYTES - 8))
    assert same_id.id == key.id
    assert not key.is_valid(same_id, NOW_MS)


def test_a_key_has_the_roles_it_was_given_and_those_that_they_include() -> None:
    key = replace(DRAFT, roles=["operate"]).key(SECRET, NOW_MS)
    assert key.roles == {ClientRole.OPERATE}
    assert key.all_roles == {ClientRole.OPERATE, ClientRole.READ_ALL, ClientRole.READ_OWN}


def test_a_rate_of_its_own_has_a_usual_burst() -> None:
    assert DRAFT.key(SECRET, NOW_MS).rate is None
    assert replace(DRAFT, quota_rate_per_s=2.5).key(SECRET, NOW_MS).rate == TaskRate(SECRET.id, 2.5, 20)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"expires_at_ms": MAX_MS, "quota_rate_per_s": 100_000.0, "quota_burst": 100_000}, []),
        ({"client": ""}, ["client"]),
        ({"client": "a b"}, ["client"]),
        ({"client": "ä"}, ["client"]),
        ({"client": "a\n"}, ["client"]),
        ({"client": "x" * 65}, ["client"]),
        ({"client": "x" * 1_000_000}, ["client"]),
        ({"roles": []}, ["roles"]),
        ({"roles": ["root"]}, ["roles"]),
        ({"roles": ["submit"] * 100_000}, ["roles"]),
        ({"quota_rate_per_s": math.nan}, ["quota_rate_per_s"]),
        ({"quota_rate_per_s": math.inf}, ["quota_rate_per_s"]),
        ({"quota_rate_per_s": -1.0}, ["quota_rate_per_s"]),
        ({"quota_rate_per_s": 100_001.0}, ["quota_rate_per_s"]),
        ({"quota_rate_per_s": 1e-310}, ["quota_rate_per_s"]),
        ({"quota_rate_per_s": 0.0001, "quota_burst": 1}, []),
        ({"quota_burst": 5}, ["quota_burst"]),
        ({"quota_burst": 1 << 31, "quota_rate_per_s": 1.0}, ["quota_burst"]),
        ({"expires_at_ms": NOW_MS}, ["expires_at_ms"]),
        ({"expires_at_ms": MAX_MS + 1}, ["expires_at_ms"]),
        ({"expires_at_ms": (1 << 64) - 1}, ["expires_at_ms"]),
        (PAGE, []),
        ({**PAGE, "quota_rate_per_s": 1.0, "reader_rate_per_s": 0.1, "reader_burst": 1}, []),
        ({**PAGE, "roles": ["page", "submit"]}, ["roles"]),
        ({**PAGE, "origins": []}, ["origins"]),
        ({**PAGE, "origins": [BLOG, BLOG]}, ["origins"]),
        ({**PAGE, "origins": [BLOG, "null", "*"]}, ["origins[1]", "origins[2]"]),
        ({**PAGE, "origins": [f"https://{number}.example" for number in range(16)]}, []),
        ({**PAGE, "origins": [f"https://{number}.example" for number in range(17)]}, ["origins"]),
        ({**PAGE, "origins": [BLOG] * 1_000_000}, ["origins"]),
        ({**PAGE, "reader_rate_per_s": math.nan}, ["reader_rate_per_s"]),
        ({**PAGE, "reader_rate_per_s": -1.0}, ["reader_rate_per_s"]),
        ({**PAGE, "reader_burst": 5}, ["reader_burst"]),
        ({"origins": [BLOG]}, ["origins"]),
        ({"reader_rate_per_s": 1.0}, ["reader_rate_per_s"]),
        ({"reader_burst": 1}, ["reader_rate_per_s"]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_wrong_with_a_request_for_a_key_is_said(changes: dict[str, Any], fields: list[str]) -> None:
    assert [one.field for one in replace(DRAFT, **changes).violations(NOW_MS)] == fields


def test_a_publishable_key_looks_like_no_secret_one_and_holds_pages_to_its_terms() -> None:
    draft = replace(DRAFT, **PAGE, reader_rate_per_s=0.1)
    secret = draft.secret(bytes(range(ENTROPY_BYTES)))
    assert (secret.text[:4], secret.id, secret.text[4:]) == ("crp_", SECRET.id, SECRET.text[4:])
    assert KeySecret.parse(secret.text) == secret
    key = draft.key(secret, NOW_MS)
    assert key.page == PageTerms(key.id, frozenset([BLOG]), TaskRate(key.id, 0.1, 10))
    assert key.is_valid(secret, NOW_MS)
    assert not key.is_valid(SECRET, NOW_MS), "its digits are no secret of the other kind"
    assert key.all_roles == {ClientRole.PAGE}


def test_a_key_that_says_no_rate_of_readers_leaves_it_to_the_gateway() -> None:
    assert replace(DRAFT, **PAGE).key(SECRET, NOW_MS).page == PageTerms(SECRET.id, frozenset([BLOG]), None)
    assert DRAFT.key(SECRET, NOW_MS).page is None


@pytest.mark.parametrize("name", ["blog", "auth0|5f7c", "https://a.example/users/1", "x" * 64])
def test_clients_may_be_called_as_others_call_them(name: str) -> None:
    assert is_client_name(name)

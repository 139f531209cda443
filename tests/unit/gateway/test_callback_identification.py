"""How a callback shows from whom it comes."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from broker_gateway.infrastructure.callbacks.identification import (
    MAX_HEADERS,
    MAX_SECRETS,
    MAX_VALUE_CHARS,
    Identification,
    IdentificationError,
    Identifications,
)


def secret(letter: str, size: int = 24) -> str:
    return "whsec_" + base64.b64encode(letter.encode() * size).decode()


OLD, NEW, OTHER = secret("o"), secret("n"), secret("x")
BODY = '{"id": "Größe"}'


def headers_by(*secrets: str) -> dict[str, str]:
    return Identification.of(secrets, {}).headers("m1", BODY.encode(), int(time.time()))


@pytest.mark.parametrize("known", [OLD, NEW])
def test_while_secrets_change_a_receiver_may_know_the_old_one_or_the_new_one(known: str) -> None:
    sent = headers_by(NEW, OLD)
    assert Webhook(known).verify(BODY, sent)["id"] == "Größe"
    assert sent["webhook-signature"].count("v1,") == 2


def test_a_secret_that_was_taken_out_signs_no_more() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, headers_by(NEW))


def test_a_body_that_is_no_text_is_signed_as_it_is() -> None:
    known = Identification.of([NEW], {})
    assert (
        known.headers("m", b"\xff\x00", 1)["webhook-signature"]
        != known.headers("m", b"\xff\x01", 1)["webhook-signature"]
    )


def test_the_prefix_of_a_secret_may_be_left_out() -> None:
    bare, whole = (Identification.of([one], {}).headers("m", b"x", 1) for one in (NEW.removeprefix("whsec_"), NEW))
    assert bare == whole


def test_each_client_has_its_own_and_the_others_have_the_usual() -> None:
    blog = Identification.of([NEW], {"Authorization": "Bearer b"})
    known = Identifications(Identification.of([OTHER], {}), {"blog": blog})
    of_blog, of_shop = known.headers("blog", "m1", BODY.encode()), known.headers("shop", "m1", BODY.encode())
    assert of_blog["Authorization"] == "Bearer b"
    assert Webhook(NEW).verify(BODY, of_blog)
    assert "Authorization" not in of_shop
    assert Webhook(OTHER).verify(BODY, of_shop)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, of_blog)


def test_without_a_secret_nothing_is_signed() -> None:
    assert Identifications().headers("blog", "m1", b"x") == {}


@pytest.mark.parametrize(
    "unusable",
    [
        "whsec_",
        "",
        "whsec_é",
        "whsec_not base64!",
        "whsec_" + "A" * 33,
        secret("a", 23),
        secret("a", 65),
        "whpk_" + "A" * 32,
    ],
)
def test_a_secret_that_is_none_is_refused_in_words_that_do_not_repeat_it(unusable: str) -> None:
    with pytest.raises(IdentificationError, match="secret 2") as refusal:
        Identification.of([NEW, unusable], {})
    assert len(unusable) < 8 or unusable not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "a:b",
        "a\r\nb",
        "é",
        "x" * 65,
        "Host",
        "content-length",
        "Transfer-Encoding",
        "User-Agent",
        "TE",
        "Idempotency-Key",
        "webhook-id",
        "Webhook-Signature",
        "grpc-timeout",
        "Proxy-Authorization",
        "trace-bin",
    ],
)
def test_a_header_that_is_not_for_configuration_to_set_is_refused(name: str) -> None:
    with pytest.raises(IdentificationError, match="header"):
        Identification.of([], {name: "value"})


@pytest.mark.parametrize("value", ["", " a", "a ", "hush\r\nX: y", "hush\x00", "hüsh", "hush" * MAX_VALUE_CHARS])
def test_a_header_value_that_is_none_is_refused_in_words_that_do_not_repeat_it(value: str) -> None:
    with pytest.raises(IdentificationError, match="the value of header Authorization") as refusal:
        Identification.of([], {"Authorization": value})
    assert "hush" not in str(refusal.value)


def test_there_is_a_bound_on_secrets_and_headers() -> None:
    Identification.of([NEW] * MAX_SECRETS, {f"X-{number}": "v" for number in range(MAX_HEADERS)})
    with pytest.raises(IdentificationError, match="9 secrets"):
        Identification.of([NEW] * (MAX_SECRETS + 1), {})
    with pytest.raises(IdentificationError, match="17 headers"):
        Identification.of([], {f"X-{number}": "v" for number in range(MAX_HEADERS + 1)})
    with pytest.raises(IdentificationError, match="twice"):
        Identification.of([], {"X-A": "1", "x-a": "2"})


def test_nothing_of_it_is_shown() -> None:
    shown = repr(Identification.of([NEW], {"Authorization": "hush"}))
    assert "hush" not in shown
    assert "nnnn" not in shown

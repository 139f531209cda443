"""Which answers of a webhook's receiver are final, and which are worth another try."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from broker_gateway.application.ports import DeliveryError
from broker_gateway.domain.callback_attempts import AttemptPolicy
from broker_gateway.domain.callback_url import endpoint_of, origin_of
from broker_gateway.infrastructure.callbacks.answers import judge, retry_after_s


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_success(status: int) -> None:
    judge(status)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422, 451])
def test_redirects_and_client_errors_are_final(status: int) -> None:
    with pytest.raises(DeliveryError, match=str(status)) as refusal:
        judge(status, "5")
    assert refusal.value.permanent
    assert refusal.value.retry_after_s is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 599])
def test_what_passes_is_tried_again_after_the_pause_that_it_asks_for(status: int) -> None:
    with pytest.raises(DeliveryError, match=str(status)) as refusal:
        judge(status, "5")
    assert not refusal.value.permanent
    assert refusal.value.retry_after_s == 5.0


def test_a_pause_may_be_a_date() -> None:
    asked = retry_after_s(formatdate(time.time() + 100, usegmt=True))
    assert asked is not None
    assert 90 < asked <= 100
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@pytest.mark.parametrize("header", ["", "soon", "-5", "1.5", "\u0665", "x" * 100_000, "Wed, 99 Oct 9999 99:99:99 GMT"])
def test_a_pause_that_is_none_is_left_out(header: str) -> None:
    assert retry_after_s(header) is None


def test_a_pause_of_too_many_digits_is_a_long_one() -> None:
    assert retry_after_s("9" * 60) == 999_999_999.0


def test_time_outs_grow_up_to_the_transports_own() -> None:
    policy = AttemptPolicy(first_timeout_s=3, timeout_s=10)
    assert [policy.timeout_of(attempt) for attempt in (1, 2, 3, 1_000_000)] == [3, 6, 10, 10]
    assert AttemptPolicy(first_timeout_s=30, timeout_s=10).timeout_of(1) == 10


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://H/x", "h:80"),
        ("http://h.:80/", "h:80"),
        ("https://h", "h:443"),
        ("grpc://h:50051", "h:50051"),
        ("http://[::1]:8080/", "::1:8080"),
        ("http://h:99999/", ":0"),
    ],
)
def test_an_endpoint_has_one_spelling(url: str, endpoint: str) -> None:
    assert endpoint_of(url) == endpoint


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://me:secret@Blog.example:8443/secret?secret=secret#secret", "https://blog.example:8443"),
        ("http://secret@h", "http://h"),
        ("grpc://[::1]:50051/", "grpc://[::1]:50051"),
        ("http://h:secret/", ""),
        ("http://secret]@h/", ""),
        ("secret", ""),
        ("", ""),
    ],
)
def test_of_a_url_nothing_is_told_that_may_be_a_secret(url: str, origin: str) -> None:
    assert str(origin_of(url)) == origin

"""Whence a request comes: the peer, or what trusted proxies say of it, whatever else stands in their headers."""

from __future__ import annotations

import time

import pytest

from broker_gateway.domain.reader_address import MAX_HOPS, TrustedProxies

PROXIES = TrustedProxies.of(["10.0.0.0/8", "fd00::/8"], "x-forwarded-for")
FORWARDED = TrustedProxies.of(["10.0.0.0/8", "fd00::/8"], "forwarded")
QUICK_S = 0.05


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a-socket", ""),
    ],
)
def test_a_peer_is_told_apart_as_networks_tell_customers_apart(peer: str, address: str) -> None:
    assert TrustedProxies().reader(peer, ["198.51.100.1"]) == address


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ([], "10.0.0.1"),
        (["192.0.2.7"], "192.0.2.7"),
        (["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
        (["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
        (["198.51.100.1,192.0.2.7,10.0.0.3 ,\tfd00::2"], "192.0.2.7"),
        (["10.0.0.9, 10.0.0.3"], "10.0.0.9"),
        (["192.0.2.7:4711"], "192.0.2.7"),
        (["[2001:db8::7]:4711"], "2001:db8::/64"),
        (["2001:db8::7"], "2001:db8::/64"),
        (["::ffff:192.0.2.7"], "192.0.2.7"),
        (["198.51.100.1, unknown"], "10.0.0.1"),
        (["198.51.100.1, , 10.0.0.3"], "10.0.0.3"),
        (["198.51.100.1,"], "10.0.0.1"),
        ([""], "10.0.0.1"),
        (["192.0.2.256"], "10.0.0.1"),
        (["1" * 1000], "10.0.0.1"),
        (["٣.0.2.7"], "10.0.0.1"),
        (["192.0.2.7, 10.0.0.3" + ", 10.0.0.2" * (MAX_HOPS - 1)], "10.0.0.3"),
    ],
    ids=str,
)
def test_of_what_trusted_proxies_say_the_last_that_is_none_of_them_counts(told: list[str], address: str) -> None:
    assert PROXIES.reader("10.0.0.1", told) == address


def test_nobody_is_believed_who_is_no_trusted_proxy() -> None:
    assert PROXIES.reader("198.51.100.1", ["192.0.2.7"]) == "198.51.100.1"
    assert TrustedProxies().reader("10.0.0.1", ["192.0.2.7"]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (["for=192.0.2.7"], "192.0.2.7"),
        (["For=192.0.2.7;proto=https;by=10.0.0.1"], "192.0.2.7"),
        (['proto=https; for="[2001:db8::7]:4711"'], "2001:db8::/64"),
        (["for=198.51.100.1, for=192.0.2.7"], "192.0.2.7"),
        (['for="evil, for=192.0.2.7'], "192.0.2.7"),
        (["for=192.0.2.7, for=10.0.0.3"], "192.0.2.7"),
        (["for=192.0.2.7;for=192.0.2.8"], "10.0.0.1"),
        (["for=_hidden"], "10.0.0.1"),
        (["by=192.0.2.7"], "10.0.0.1"),
        (["192.0.2.7"], "10.0.0.1"),
    ],
    ids=str,
)
def test_forwarded_is_read_as_its_rfc_has_it(told: list[str], address: str) -> None:
    assert FORWARDED.reader("10.0.0.1", told) == address


@pytest.mark.parametrize("proxies", [PROXIES, FORWARDED], ids=["x-forwarded-for", "forwarded"])
@pytest.mark.parametrize(
    "told",
    [
        ["1" * 1_000_000],
        ["," * 1_000_000],
        ["192.0.2.7," * 100_000],
        ["10.0.0.2," * 100_000],
        ["10.0.0.2"] * 100,
        [";for=" * 200_000],
        ['"' * 1_000_000],
        ["[" * 1_000_000],
        [":" * 1_000_000],
        ["for=10.0.0.2;" * 50_000 + ","],
    ],
    ids=lambda told: told[0][:20],
)
def test_the_worst_headers_take_no_time_and_name_nobody(proxies: TrustedProxies, told: list[str]) -> None:
    started = time.perf_counter()
    assert proxies.reader("10.0.0.1", told) in ("10.0.0.1", "10.0.0.2")
    assert time.perf_counter() - started < QUICK_S


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "proxy.example", "*", ""])
def test_what_is_no_network_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits"):
        TrustedProxies.of([text], "forwarded")

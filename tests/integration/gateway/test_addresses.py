"""Where callbacks may go."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from broker_gateway.infrastructure.callbacks.addresses import AddressGuard, ForbiddenAddressError

FORBIDDEN = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PERMITTED = [
    "8.8.8.8",
    "168.63.129.17",
    "172.32.0.1",
    "192.0.1.1",
    "2606:4700::1111",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not AddressGuard().permits(ip_address(address))
    with pytest.raises(ForbiddenAddressError):
        AddressGuard().check(address)


@pytest.mark.parametrize("address", PERMITTED)
def test_a_public_address_is_permitted(address: str) -> None:
    assert AddressGuard().permits(ip_address(address))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::7"])
def test_what_the_operator_allows_is_permitted_and_nothing_beside_it(address: str) -> None:
    guard = AddressGuard(["10.1.0.0/16", "fd00::/64"])
    assert guard.permits(ip_address(address))
    assert not guard.permits(ip_address("10.2.0.1"))
    assert not guard.permits(ip_address("fd00:1::1"))


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "::1"])
async def test_a_name_or_an_odd_spelling_that_leads_inside_is_refused(host: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        await AddressGuard().resolve(host, 80)


async def test_of_a_names_addresses_only_the_permitted_ones_are_used() -> None:
    guard = AddressGuard(["127.0.0.0/8"])
    assert {address for _, address in await guard.resolve("localhost", 80)} == {"127.0.0.1"}


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="host bits set"):
        AddressGuard(["10.0.0.1/8"])

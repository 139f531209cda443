"""What a gateway says to a machine that joins, and what of it is kept."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_gateway.certificates import AUTHORITY, certificate_file, key_file, make_certificates
from node.joining.errors import JoinError
from node.joining.membership import MAX_AUTHORITIES_CHARS, Membership, membership
from node.joining.node_file import NodeFile, Places, settings_of
from tests.fakes.node_service import usual_answer

HOSTILE = ["", " ", "a b", 'a"\nnode_id = "x', "a\r\nb", "a\x00b", "../../etc/passwd", "a.b", "é", "\u2028", "x" * 65]


def said(**fields: Any) -> Membership:
    answer = usual_answer()
    for name, value in fields.items():
        if isinstance(value, list):
            del getattr(answer, name)[:]
            getattr(answer, name).extend(value)
        else:
            setattr(answer, name, value)
    return membership(answer)


def refused(**fields: Any) -> None:
    with pytest.raises(JoinError, match="the gateway's answer is of no use") as told:
        said(**fields)
    assert str(told.value).isprintable()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_certificates(tmp_path, {"gateway": ["localhost"]})
    return tmp_path


@pytest.mark.parametrize("name", HOSTILE)
def test_a_user_is_a_token(name: str) -> None:
    refused(nats_user=name)
    if name:
        refused(etcd_user=name)


URLS = [
    *("bus.example:4222", "http://bus:4222", "nats://bus", "nats://bus:", "nats://bus:0", "nats://bus:65536"),
    *("nats://:4222", "nats://a b:4222", "nats://user:secret@bus:4222", "nats://bus:4222/x", "nats://bus:4222\n"),
    *('nats://bus:4222", "x', "nats://bus:\u0664\u0662", "nats://b\u00fcs:4222", "nats://" + "x" * 254 + ":4222", ""),
    *("nats://[::1:4222", "nats://-bus:4222", "unix:///var/run/docker.sock"),
]


@pytest.mark.parametrize("url", URLS)
def test_a_server_of_the_bus_is_a_scheme_a_host_and_a_port(url: str) -> None:
    refused(nats_urls=["nats://good:4222", url])
    refused(etcd_endpoints=["good:2379", url.removeprefix("nats://") if url != URLS[0] else url + "x"])


def test_usual_servers_are_taken() -> None:
    urls = ["nats://10.0.0.1:4222", "tls://bus.example:443", "nats://[2001:db8::1]:4222", "nats://my_bus-1:65535"]
    assert said(nats_urls=urls).nats_urls == tuple(urls)
    endpoints = ["10.0.0.1:2379", "etcd.example:1", "[::1]:2379"]
    assert said(etcd_endpoints=endpoints).etcd_endpoints == tuple(endpoints)


@pytest.mark.parametrize("count", [0, 17, 1000])
def test_servers_are_one_to_sixteen(count: int) -> None:
    refused(nats_urls=["nats://bus:4222"] * count)
    refused(etcd_endpoints=["etcd:2379"] * count)


@pytest.mark.parametrize("password", ["two\nlines", "tab\t", "\x1b", "gr\u00fcn", "x" * 257])
def test_a_password_is_printable_and_short(password: str) -> None:
    refused(etcd_password=password)


def test_user_and_password_of_etcd_come_together_or_not_at_all() -> None:
    refused(etcd_password="")
    refused(etcd_user="")
    assert said(etcd_user="", etcd_password="").etcd_user == ""


def test_a_password_is_in_no_representation() -> None:
    assert "secret" not in repr(said(etcd_password="secret"))


def test_certificates_are_kept_and_nothing_around_them(folder: Path) -> None:
    certificate = certificate_file(folder, AUTHORITY).read_text()
    key = key_file(folder, AUTHORITY).read_text()
    kept = said(nats_tls_authorities=f"# whose\n{key}{certificate}\nnode_id = 'x'\n").bus_authorities
    assert kept == certificate
    assert said(etcd_tls_authorities=certificate * 3).directory_authorities == certificate * 3


def test_certificates_that_are_none_are_refused(folder: Path) -> None:
    certificate = certificate_file(folder, AUTHORITY).read_text()
    lines = certificate.splitlines()
    garbage = [
        *("x", "\n", key_file(folder, AUTHORITY).read_text(), certificate.replace("\n", "\n\u00e9")),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n=\n-----END CERTIFICATE-----\n",
        "\n".join([lines[0], *lines[2:]]),
        certificate * (MAX_AUTHORITIES_CHARS // len(certificate) + 1),
        "-----BEGIN CERTIFICATE-----" * 2000,
    ]
    for text in garbage:
        refused(nats_tls_authorities=text)
        refused(etcd_tls_authorities=text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=256))
def test_whatever_a_password_is_it_is_the_same_in_toml(password: str) -> None:
    told = said(etcd_password=password)
    text = NodeFile(Path("node.toml")).with_settings(settings_of("n1", ["default"], told, Places(Path("/etc/x"))))
    assert tomllib.loads(text)["etcd_password"] == password
    assert set(tomllib.loads(text)) == {
        *("node_id", "pools", "nats_urls", "nats_user", "nats_nkey", "etcd_endpoints", "etcd_user", "etcd_password")
    }


@given(st.text(min_size=1).filter(str.isprintable))
def test_whatever_a_folder_is_called_it_is_the_same_in_toml(name: str) -> None:
    places = Places(Path("/srv") / name.replace("/", "_"))
    text = NodeFile(places.settings).with_settings(settings_of("n1", ["default"], said(), places))
    assert tomllib.loads(text)["nats_nkey"] == str(places.seed)

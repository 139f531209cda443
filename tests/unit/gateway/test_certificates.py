"""``coderunner-gateway certificates``: an authority of one's own."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from broker_gateway import certificates, command_line
from broker_gateway.certificates import AUTHORITY, certificate_file, key_file, make_certificates
from chassis.certificates import CertificateFiles, ServerTrust

HERE = ["localhost", "127.0.0.1"]


def handshake(folder: Path, server: str, host: str, client: str = "") -> str:
    """What comes of a handshake with ``server``, known as ``host``: empty, or what the client has against it."""
    own = CertificateFiles(
        str(certificate_file(folder, server)),
        str(key_file(folder, server)),
        str(certificate_file(folder, AUTHORITY)) if client else "",
    )
    shown = (str(certificate_file(folder, client)), str(key_file(folder, client))) if client else ("", "")
    trust = ServerTrust(str(certificate_file(folder, AUTHORITY)), *shown)
    ours, theirs = socket.socketpair()
    accepting = threading.Thread(target=_accept, args=(own.context(), theirs))
    accepting.start()
    try:
        with trust.context().wrap_socket(ours, server_hostname=host) as secured:
            return "" if secured.recv(2) == b"in" else "closed"
    except ssl.SSLError as error:
        return str(error)
    finally:
        ours.close()
        accepting.join()


def _accept(context: ssl.SSLContext, end: socket.socket) -> None:
    try:
        with context.wrap_socket(end, server_side=True) as secured:
            secured.sendall(b"in")
    except (ssl.SSLError, OSError):
        end.close()


def test_a_server_is_known_by_each_of_its_hosts_and_no_other(tmp_path: Path) -> None:
    assert make_certificates(tmp_path, {"nats": HERE, "etcd": ["etcd.example"]}) == ["nats", "etcd"]
    assert handshake(tmp_path, "nats", "localhost") == ""
    assert handshake(tmp_path, "nats", "127.0.0.1") == ""
    assert "mismatch" in handshake(tmp_path, "nats", "etcd.example")
    assert handshake(tmp_path, "etcd", "etcd.example") == ""


def test_its_certificates_are_good_for_who_calls_too(tmp_path: Path) -> None:
    make_certificates(tmp_path, {"nats": HERE, "node": ["node.example"]})
    assert handshake(tmp_path, "nats", "localhost", client="node") == ""


def test_another_authority_s_certificate_is_not_believed(tmp_path: Path) -> None:
    for folder in ("ours", "theirs"):
        make_certificates(tmp_path / folder, {"nats": HERE})
    certificate_file(tmp_path / "theirs", AUTHORITY).write_bytes(
        certificate_file(tmp_path / "ours", AUTHORITY).read_bytes()
    )
    assert "verify failed" in handshake(tmp_path / "theirs", "nats", "localhost")


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    make_certificates(tmp_path / "tls", {"nats": HERE})
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "tls").glob("*-key.pem")} == {0o600}


def test_what_is_good_is_left_alone(tmp_path: Path) -> None:
    make_certificates(tmp_path, {"nats": HERE})
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    assert make_certificates(tmp_path, {"nats": HERE}) == []
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("trouble", ["", "no certificate\n"])
def test_what_is_no_certificate_is_made_again(tmp_path: Path, trouble: str) -> None:
    make_certificates(tmp_path, {"nats": HERE})
    certificate_file(tmp_path, "nats").write_text(trouble)
    assert make_certificates(tmp_path, {"nats": HERE}) == ["nats"]
    assert handshake(tmp_path, "nats", "localhost") == ""


def test_a_certificate_is_made_again_for_other_hosts_or_with_another_key(tmp_path: Path) -> None:
    make_certificates(tmp_path, {"nats": HERE, "etcd": HERE})
    assert make_certificates(tmp_path, {"nats": [*HERE, "n1"], "etcd": HERE}) == ["nats"]
    key_file(tmp_path, "nats").write_bytes(key_file(tmp_path, "etcd").read_bytes())
    assert make_certificates(tmp_path, {"nats": [*HERE, "n1"], "etcd": HERE}) == ["nats"]


@pytest.mark.parametrize(("days", "made"), [(61, []), (59, ["nats"]), (-1, ["nats"])])
def test_a_certificate_that_soon_ends_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, made: list[str]
) -> None:
    with monkeypatch.context() as shorter:
        shorter.setattr(certificates, "_GOOD_FOR", timedelta(days=days))
        shorter.setattr(certificates, "_CLOCKS_DIFFER", timedelta(days=2))
        make_certificates(tmp_path, {"nats": HERE})
    assert make_certificates(tmp_path, {"nats": HERE}) == made
    assert handshake(tmp_path, "nats", "localhost") == ""


@pytest.mark.parametrize("name", ["", AUTHORITY, "a/b", "../nats"])
def test_a_name_that_is_no_file_s_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        make_certificates(tmp_path, {name: HERE})


@pytest.mark.parametrize("host", ["", "a b", "https://n1", "n1:4222", "bücher.example", "a@b"])
def test_a_host_that_is_none_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="neither a host name nor an address"):
        make_certificates(tmp_path, {"nats": ["localhost", host]})
    assert list(tmp_path.iterdir()) == []


def test_the_command_makes_them_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["coderunner-gateway", "certificates", "--directory", str(tmp_path), "nats=n1,10.0.0.1", "gateway=::1"]
    monkeypatch.setattr(sys, "argv", command)
    assert command_line.main() == 0
    assert "made nats, gateway" in capsys.readouterr().err
    assert handshake(tmp_path, "gateway", "::1") == ""
    assert command_line.main() == 0
    assert "made none anew" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nats", "nats=", "=n1", "nats=a b"])
def test_the_command_refuses_what_names_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["coderunner-gateway", "certificates", "--directory", str(tmp_path), name])
    assert command_line.main() == 2
    assert capsys.readouterr().err.startswith("coderunner-gateway: ")

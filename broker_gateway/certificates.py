"""An authority of one's own (X.509), and a certificate of it for each server: ``coderunner-gateway certificates``.

For a machine or a cluster that has no authority yet. Keys are elliptic (P-256); a certificate is good for the server's
and the client's side (RFC 5280, 4.2.1.12) and names its hosts (RFC 6125), with no common name, which etcd would take
for a user.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY = "authority"
"""Whose key need not be on any server; nor is this name one of them."""
_AUTHORITY_FOR = timedelta(days=3650)
_GOOD_FOR = timedelta(days=397)
_RENEWED_BEFORE = timedelta(days=60)
_CLOCKS_DIFFER = timedelta(hours=1)


def certificate_file(folder: Path, name: str) -> Path:
    """Where a certificate is (PEM); that of ``AUTHORITY`` is what everybody trusts."""
    return folder / f"{name}.pem"


def key_file(folder: Path, name: str) -> Path:
    """Where its key is (PEM, PKCS 8), which nobody else should read."""
    return folder / f"{name}-key.pem"


def make_certificates(folder: Path, hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """A key and a certificate for each name, good for its hosts (names or addresses): made where there is none, or
    where it ends within 60 days, is for other hosts or of another authority. Returns the names of those that were
    made. Raises OSError, ValueError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    alternatives = {name: _alternatives(name, hosts[name]) for name in hosts}
    authority, key = _authority(folder)
    made = [name for name in hosts if not _is_good(folder, name, alternatives[name], authority)]
    for name in made:
        own = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, own, alternatives[name], authority, key)
        _write(folder, name, own, certificate)
    return made


def _alternatives(name: str, hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    if not name or name == AUTHORITY or "/" in name or not hosts:
        raise ValueError(f"{name!r} is no name of a certificate, or has no hosts")
    return x509.SubjectAlternativeName([_general_name(host) for host in hosts])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if not host or not host.isascii() or any(one in host for one in " /:@,"):
            raise ValueError(f"{host!r} is neither a host name nor an address") from None
        return x509.DNSName(host)


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    file = certificate_file(folder, AUTHORITY)
    if file.exists():
        key = serialization.load_pem_private_key(key_file(folder, AUTHORITY).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_file(folder, AUTHORITY)} holds no elliptic key")
        return x509.load_pem_x509_certificate(file.read_bytes()), key
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(f"{AUTHORITY} {secrets.token_hex(4)}")
    certificate = (
        _begun(subject, subject, key, _AUTHORITY_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder, AUTHORITY, key, certificate)
    return certificate, key


def _certificate(
    name: str,
    own: ec.EllipticCurvePrivateKey,
    alternatives: x509.SubjectAlternativeName,
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    return (
        _begun(_subject(name), authority.subject, own, _GOOD_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(both, critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _subject(unit: str) -> x509.Name:
    attributes = {NameOID.ORGANIZATION_NAME: "CodeRunner", NameOID.ORGANIZATIONAL_UNIT_NAME: unit[:64]}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes.items()])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, good_for: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + good_for)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _is_good(folder: Path, name: str, alternatives: x509.SubjectAlternativeName, authority: x509.Certificate) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file(folder, name).read_bytes())
        certificate.verify_directly_issued_by(authority)
        key = serialization.load_pem_private_key(key_file(folder, name).read_bytes(), None)
        its = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 - whatever is wrong with it, another is made
        return False
    lasts = certificate.not_valid_after_utc > datetime.now(UTC) + _RENEWED_BEFORE
    return lasts and its == alternatives and key.public_key() == certificate.public_key()


def _write(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """The key first, each in one step: who looks meanwhile finds whole files."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    for file, mode, text in ((key_file(folder, name), 0o600, private), (certificate_file(folder, name), 0o644, public)):
        new = file.with_name(f".{file.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as opened:
            opened.write(text)
        new.rename(file)

"""Certificate files: read when a service starts, and again when they were replaced."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

LOOK_EVERY_S = 2.0
"""Between two looks at whether the files of a listening socket were replaced."""

_Made = TypeVar("_Made")
_log = structlog.get_logger(__name__)


class CertificateError(ValueError):
    """Certificate files that cannot be used; the text names them and holds nothing of them."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """The PEM files by which a server shows who it is, and by whose certificates it knows its callers."""

    certificate: str
    """The server's certificate, and what stands between it and its authority."""
    key: str
    client_authorities: str = ""
    """Callers must show a certificate of one of these; empty: they need none."""

    def context(self) -> ssl.SSLContext:
        """A context for the server's side, TLS 1.2 at least. Raises CertificateError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.load_into(context)
        if self.client_authorities:
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def load_into(self, context: ssl.SSLContext) -> None:
        """Has the context use the files as they are now: connections that are made from now on see them. Raises
        CertificateError."""
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.client_authorities:
                context.load_verify_locations(self.client_authorities)
        except (OSError, ssl.SSLError) as error:
            names = ", ".join(filter(None, (self.certificate, self.key, self.client_authorities)))
            raise CertificateError(f"no usable certificate in {names}: {error.strerror or error}") from None

    def version(self) -> tuple[tuple[int, int, int], ...]:
        """What changes when one of the files is replaced; empty where one is missing just now."""
        try:
            found = [Path(name).stat() for name in (self.certificate, self.key, self.client_authorities) if name]
        except OSError:
            return ()
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)

    def contents(self) -> tuple[bytes, bytes, bytes | None]:
        """Key, certificate and authorities as they are now, once it is seen that they fit together. Raises
        CertificateError."""
        self.context()
        try:
            authorities = Path(self.client_authorities).read_bytes() if self.client_authorities else None
            return Path(self.key).read_bytes(), Path(self.certificate).read_bytes(), authorities
        except OSError as error:
            raise CertificateError(f"a certificate file went away: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class ServerTrust:
    """The PEM files by which a client knows the servers that it calls, and shows them who it is."""

    authorities: str
    """The servers' certificates must come from one of these."""
    certificate: str = ""
    """The client's own, and what stands between it and its authority; empty: it shows none."""
    key: str = ""

    def context(self) -> ssl.SSLContext:
        """A context for the client's side, TLS 1.2 at least, from the files as they are now. Raises
        CertificateError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_verify_locations(self.authorities)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            names = ", ".join(filter(None, (self.authorities, self.certificate, self.key)))
            raise CertificateError(f"no usable certificate in {names}: {error.strerror or error}") from None
        return context

    def contents(self) -> tuple[bytes, bytes | None, bytes | None]:
        """Authorities, key and certificate as they are now, once it is seen that they fit together. Raises
        CertificateError."""
        self.context()
        names = (self.authorities, self.key, self.certificate)
        try:
            authorities, key, chain = (Path(name).read_bytes() if name else None for name in names)
        except OSError as error:
            raise CertificateError(f"a certificate file went away: {error.strerror}") from None
        return authorities or b"", key, chain


class Renewals:
    """Has certificate files used that replaced others and fit together. While they do not (half of a renewal is there,
    or they are replaced again just now), the old ones stay in use."""

    def __init__(self, files: CertificateFiles) -> None:
        self._files = files
        self._seen = files.version()
        self._told = self._seen

    def taken(self, use: Callable[[], _Made]) -> _Made | None:
        """What ``use`` makes of the files, once for each replacement, and again where it raised CertificateError; None
        where there is nothing new."""
        version = self._files.version()
        if version == self._seen or not version:
            return None
        try:
            self._files.context()
            made = use()
        except CertificateError as error:
            if version != self._told:
                _log.warning("certificate_not_renewed", error=str(error))
            self._told = version
            return None
        self._seen = version
        _log.info("certificate_renewed", certificate=self._files.certificate)
        return made


async def keep_renewed(files: CertificateFiles, context: ssl.SSLContext) -> None:
    """Has the context of a listening socket use what the files are replaced by, for ever."""
    renewals = Renewals(files)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        renewals.taken(partial(files.load_into, context))

"""TLS for the gRPC server: its certificate is looked at again whenever somebody connects."""

from __future__ import annotations

import grpc

from chassis.certificates import CertificateError, CertificateFiles, Renewals


def server_credentials(files: CertificateFiles) -> grpc.ServerCredentials:
    """Credentials that follow the files (gRPC's ``dynamic_ssl_server_credentials``): a connection that is made after
    they were replaced sees the new ones, and those that stand go on. Raises CertificateError."""
    renewals = Renewals(files)

    def replaced() -> grpc.ServerCertificateConfiguration | None:
        """None: nothing has changed. Called by gRPC's own threads, for each connection."""
        try:
            return _configuration(files) if renewals.are_there() else None
        except CertificateError:
            return None

    return grpc.dynamic_ssl_server_credentials(
        _configuration(files),
        replaced,  # type: ignore[arg-type]  # the stubs forget that it may return None
        require_client_authentication=bool(files.client_authorities),
    )


def _configuration(files: CertificateFiles) -> grpc.ServerCertificateConfiguration:
    key, certificate, authorities = files.contents()
    return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=authorities)

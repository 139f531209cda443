"""TLS for the gRPC server: its certificate is looked at again whenever somebody connects."""

from __future__ import annotations

from functools import partial

import grpc

from chassis.certificates import CertificateFiles, Renewals


def server_credentials(files: CertificateFiles) -> grpc.ServerCredentials:
    """Credentials that follow the files (gRPC's ``dynamic_ssl_server_credentials``): a connection that is made after
    they were replaced sees the new ones, and those that stand go on. Raises CertificateError."""
    renewals = Renewals(files)
    return grpc.dynamic_ssl_server_credentials(
        _configuration(files),
        # called by gRPC's own threads, for each connection
        partial(renewals.taken, partial(_configuration, files)),  # type: ignore[arg-type]  # the stubs forget None
        require_client_authentication=bool(files.client_authorities),
    )


def _configuration(files: CertificateFiles) -> grpc.ServerCertificateConfiguration:
    key, certificate, authorities = files.contents()
    return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=authorities)

"""A gateway that machines join, and that does nothing else: real gRPC, with TLS where it has certificates."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from broker_gateway.certificates import AUTHORITY, certificate_file, key_file, make_certificates
from coderunner.v1 import nodes_pb2, nodes_pb2_grpc

TOKEN = "cr_a-token-to-join-with"


def usual_answer() -> nodes_pb2.JoinResponse:
    return nodes_pb2.JoinResponse(
        nats_urls=["nats://bus.example:4222", "tls://[::1]:4223"],
        nats_user="joined-lab-1",
        etcd_endpoints=["etcd.example:2379"],
        etcd_user="joined-lab-1",
        etcd_password='pass"word\\with signs',
    )


@dataclass
class FakeNodeService(nodes_pb2_grpc.NodeServiceServicer):
    """Answers what it is told to; a token other than ``TOKEN`` gets nothing."""

    answer: nodes_pb2.JoinResponse = field(default_factory=usual_answer)
    refusal: status_pb2.Status | None = None
    silent: bool = False
    """Takes the call and says nothing until it ends."""
    ids: dict[str, str] = field(default_factory=dict)
    """Public keys, by node id."""
    requests: list[nodes_pb2.JoinRequest] = field(default_factory=list)
    called: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    authority: Path = Path()
    """PEM; of a server with TLS."""

    def Join(self, request: nodes_pb2.JoinRequest, context: grpc.ServicerContext) -> nodes_pb2.JoinResponse:
        self.called.set()
        if self.silent:
            ended = threading.Event()
            context.add_callback(ended.set)
            ended.wait()
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {TOKEN}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such token")
        if not _signs(request):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "not the key's signature")
        if self.refusal is not None:
            context.abort_with_status(rpc_status.to_status(self.refusal))
        if self.ids.setdefault(request.node_id, request.nats_public_key) != request.nats_public_key:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "another key has this id")
        self.requests.append(request)
        return self.answer


def _signs(request: nodes_pb2.JoinRequest) -> bool:
    raw = base64.b32decode(request.nats_public_key)  # its kind, 32 bytes, a checksum
    text = "\n".join(("coderunner.v1.join", request.node_id, *request.pools)).encode()
    try:
        Ed25519PublicKey.from_public_bytes(raw[1:33]).verify(request.signature, text)
    except InvalidSignature:
        return False
    return True


@contextmanager
def serving(service: FakeNodeService, certificates: Path | None = None) -> Iterator[FakeNodeService]:
    """``certificates``: a folder, in which they are made."""
    server = grpc.server(ThreadPoolExecutor(2))
    add: Any = nodes_pb2_grpc.add_NodeServiceServicer_to_server  # the generated code has no types
    add(service, server)
    if certificates is None:
        service.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    else:
        make_certificates(certificates, {"gateway": ["localhost", "127.0.0.1"]})
        pair = [file(certificates, "gateway").read_bytes() for file in (key_file, certificate_file)]
        shown = grpc.ssl_server_credentials([(pair[0], pair[1])])
        service.url = f"https://localhost:{server.add_secure_port('127.0.0.1:0', shown)}"
        service.authority = certificate_file(certificates, AUTHORITY)
    server.start()
    try:
        yield service
    finally:
        server.stop(None).wait()


def refusal(code: Any, words: str, **violations: str) -> status_pb2.Status:
    """A refusal with details; ``code``: of ``google.rpc.code_pb2``."""
    details = any_pb2.Any()
    details.Pack(
        error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field=name, description=said)
                for name, said in violations.items()
            ]
        )
    )
    return status_pb2.Status(code=code, message=words, details=[details] if violations else [])


LETS_NONE_JOIN = refusal(code_pb2.FAILED_PRECONDITION, "nats_account_nkey is not set")

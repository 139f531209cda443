"""The call by which a machine joins: what is said to the gateway, and what its refusals mean to who typed the
command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import grpc

from coderunner.access import Access, PemFile, find_access
from coderunner.cli.printable import printable
from coderunner.connection import channel_credentials
from coderunner.errors import CodeRunnerError, InvalidTask
from coderunner.grpc_errors import call_error
from coderunner.v1 import nodes_pb2, nodes_pb2_grpc
from node.joining.errors import JoinError, WrongInputError
from node.joining.membership import MAX_ANSWER_BYTES, Membership, membership
from node.joining.seed import public_key, signed
from schemas.joined import join_text

_CALL_S = 15.0
_MAX_TOKEN_CHARS = 8192
_MAX_WORDS_CHARS = 300
_MAX_SHOWN = 8
_TOKEN_REFUSED = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_FAILURES = {
    grpc.StatusCode.FAILED_PRECONDITION: "lets no nodes join",
    grpc.StatusCode.UNIMPLEMENTED: "knows nothing of nodes that join: it must be newer, and told to let them",
}
_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_ANSWER_BYTES),
    ("grpc.enable_http_proxy", 0),  # as every client's: the bus is reached without one, too
)
_TOKEN = re.compile(rf"[!-~]{{0,{_MAX_TOKEN_CHARS}}}")


@dataclass(frozen=True, slots=True)
class Entrance:
    """The gateway that is called, and what is shown to it."""

    gateway: str
    """``https://HOST:PORT``; without ``https://`` it is not asked who it is, and nothing is encrypted."""
    token: str | None = field(default=None, repr=False)
    """None: ``CODERUNNER_TOKEN``, or what the client's file has."""
    ca: Path | None = None
    """PEM: whom its certificate must come from; None: as for every client."""

    def access(self) -> Access:
        """Raises WrongInputError."""
        if not self.gateway or not self.gateway.isprintable():
            raise WrongInputError("--gateway names no gateway")
        try:
            access = find_access(self.gateway, self.token)
        except CodeRunnerError as error:
            raise WrongInputError(str(error)) from None
        if not _TOKEN.fullmatch(access.token):
            raise WrongInputError("the token is none: it is one line of letters, digits and signs")
        if self.ca is None:
            return access
        if not access.secure:
            raise WrongInputError("--ca is of no use unless the gateway is https://HOST:PORT")
        return replace(access, ca=PemFile(self.ca, "--ca"))


def token_in(file: Path) -> str:
    """The token that a file holds. Raises WrongInputError."""
    try:
        with file.open("rb") as opened:
            return opened.read(_MAX_TOKEN_CHARS + 2).strip().decode("ascii")
    except OSError as error:
        raise WrongInputError(f"--token-file: {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongInputError(f"--token-file: {file} holds no token") from None


async def join(access: Access, node_id: str, seed: bytes, pools: Sequence[str]) -> Membership:
    """Has the gateway take the seed's owner for a node. May be repeated. Raises JoinError."""
    request = nodes_pb2.JoinRequest(
        node_id=node_id,
        nats_public_key=public_key(seed),
        pools=pools,
        signature=signed(seed, join_text(node_id, pools)),
    )
    metadata = (("authorization", f"Bearer {access.token}"),) if access.token else ()
    async with _channel(access) as channel:
        stub = nodes_pb2_grpc.NodeServiceStub(channel)  # type: ignore[no-untyped-call]  # the stubs have no types
        try:
            answer = await stub.Join(request, timeout=_CALL_S, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise _refusal(error, access, node_id) from None
    return membership(answer)


def _channel(access: Access) -> grpc.aio.Channel:
    """Raises WrongInputError."""
    if not access.secure:
        return grpc.aio.insecure_channel(access.target, options=_OPTIONS)
    try:
        return grpc.aio.secure_channel(access.target, channel_credentials(access), options=_OPTIONS)
    except CodeRunnerError as error:
        raise WrongInputError(str(error)) from None


def _refusal(error: grpc.aio.AioRpcError, access: Access, node_id: str) -> JoinError:
    """What a failed call means to who typed the command."""
    code, details = error.code(), error.details() or ""
    words, at = _shown(details), f"the gateway at {access.target}"
    if code is grpc.StatusCode.ALREADY_EXISTS:
        return WrongInputError(
            f"{at} has another node {node_id}: {words}; choose another --node-id, or have an operator forget that one "
            f"(`coderunner node forget {node_id}`)"
        )
    if code in _TOKEN_REFUSED:
        return WrongInputError(f"{at} does not let this token join: {words}")
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return WrongInputError(f"{at} refuses: {_violations(error, access) or words}")
    if code in _AWAY:
        hint = "; --ca names the file of its authority" if "CERTIFICATE_VERIFY_FAILED" in details else ""
        return JoinError(f"{at} does not answer: {words}{hint}")
    return JoinError(f"{at} {_FAILURES.get(code, f'failed ({code.name})')}: {words}")


def _shown(text: str) -> str:
    """A stranger's words, in one line and not too many."""
    return printable(" ".join(text.split()))[:_MAX_WORDS_CHARS]


def _violations(error: grpc.aio.AioRpcError, access: Access) -> str:
    said = call_error(error, access.target)
    listed = said.violations if isinstance(said, InvalidTask) else ()
    return _shown("; ".join(f"{one.field}: {one.description}" for one in listed[:_MAX_SHOWN]))

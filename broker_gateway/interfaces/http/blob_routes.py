"""The routes of large content: blobs that clients put, and files that their programs left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from urllib.parse import quote

import grpc
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from broker_gateway.application.blob_service import BlobAppService, Content, ContentGoneError
from broker_gateway.application.commands import Busy, Invalid, TooSlow, UnknownBlob
from broker_gateway.application.uploading import Said
from broker_gateway.domain.blobs import MAX_TASK_BLOB_BYTES
from broker_gateway.interfaces.callers import CLIENT, Asking, note_subject
from broker_gateway.interfaces.http.answers import StoredBlob
from broker_gateway.interfaces.http.calls import Call, Calls
from broker_gateway.interfaces.http.execution_routes import EXECUTIONS
from broker_gateway.interfaces.http.operations import Operation, Parameter, json_answer
from broker_gateway.interfaces.http.problems import RefusedError, problem, refuse, response
from broker_gateway.interfaces.http.queries import no_query
from broker_gateway.interfaces.http.ranges import UnsatisfiableError, asked_range
from schemas.blob import HeldBlob

BLOB = "/coderunner.v1.BlobService/"
BLOBS = "/v1/blobs"
LEAVE_S = 20.0
"""For reading on what is not wanted."""
_ONE = BLOBS + "/{digest}"
_ANY = "application/octet-stream"
_DIGEST = Parameter("digest", "sha256: and 64 hexadecimal digits", "path")
_RANGE = Parameter("Range", "bytes=FIRST-LAST: a part of it", "header")
_HOSTILE = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-transform",
    "Accept-Ranges": "bytes",
}
"""A stranger chose what it holds: no browser is to show it as a page of this host."""


class BlobRoutes:
    """The handlers, and their operations."""

    def __init__(self, service: BlobAppService, calls: Calls, *, asks_who: bool = False) -> None:
        self._service = service
        self._calls = calls
        self._asking = Asking(asks_who=asks_who)

    def operations(self) -> Sequence[Operation]:
        """Every route of large content."""
        task = Parameter("id", "the task's", "path")
        return (
            Operation("POST", BLOBS, BLOB + "PutBlob", self.add_blob, "Put a blob, and be told its digest",
                      {200: StoredBlob, 201: StoredBlob}, _ANY),
            Operation("PUT", _ONE, BLOB + "PutBlob", self.put_blob, "Put a blob of a known digest",
                      {200: StoredBlob, 201: StoredBlob}, _ANY, [_DIGEST]),
            Operation("HEAD", _ONE, BLOB + "FindBlob", self.find_blob, "Whether the caller has this blob", {200: None},
                      parameters=[_DIGEST]),
            Operation("GET", _ONE, BLOB + "GetBlob", self.get_blob, "What a blob holds", {200: _ANY, 206: _ANY},
                      parameters=[_DIGEST, _RANGE]),
            Operation("GET", EXECUTIONS + "/{id}/files/{digest}", BLOB + "GetBlob", self.get_file,
                      "What a file holds that a program left", {200: _ANY, 206: _ANY},
                      parameters=[task, _DIGEST, _RANGE]),
        )  # fmt: skip

    async def add_blob(self, call: Call) -> ASGIApp:
        """Stores what is sent."""
        return await self._put(call, "")

    async def put_blob(self, call: Call) -> ASGIApp:
        """Stores what is sent, which must have the digest of the path; reads nothing where the caller has it."""
        return await self._put(call, call.request.path_params["digest"])

    async def find_blob(self, call: Call) -> ASGIApp:
        """Says in headers what is known of a blob."""
        held = await self._service.find(CLIENT.get(), call.request.path_params["digest"])
        if not isinstance(held, HeldBlob):
            refuse(held)
        return Response(headers={"Content-Length": str(held.size), "ETag": f'"{held.digest}"', "Content-Type": _ANY})

    async def get_blob(self, call: Call) -> ASGIApp:
        """A blob of the caller's, or a part of it."""
        return await self._get(call, "")

    async def get_file(self, call: Call) -> ASGIApp:
        """A file of one of the caller's executions, or a part of it."""
        return await self._get(call, call.task_id())

    async def _put(self, call: Call, digest: str) -> ASGIApp:
        no_query(call.request.query_params)
        request = call.request
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _ANY:
            words = f"the content type must be {_ANY}"  # a form of another site's page cannot say so
            raise RefusedError(problem(grpc.StatusCode.INVALID_ARGUMENT, words, 415))
        length = request.headers.get("content-length", "")
        size = int(length) if length.isdecimal() and len(length) <= 16 else 0
        sent = _Sent(request)
        answer = await self._service.put(CLIENT.get(), Said(digest, size), sent.pieces)
        is_known = not sent.was_read
        await sent.leave()
        if isinstance(answer, Invalid | Busy | TooSlow):
            refuse(answer)
        body = StoredBlob(answer.digest, answer.size, answer.expires_at_ms)
        return json_answer(body, 200 if is_known else 201, {"Location": f"{BLOBS}/{answer.digest}"})

    async def _get(self, call: Call, execution_id: str) -> ASGIApp:
        no_query(call.request.query_params)
        digest = call.request.path_params["digest"]
        note_subject(execution_id)
        content = await self._service.open(self._asking.caller(), digest, execution_id)
        if not isinstance(content, Content):
            refuse(content)
        headers = _headers(content)
        try:
            part = None if _is_other(call.request, digest) else _asked(call.request, content)
        except UnsatisfiableError:
            return _beyond(call, content)
        begin, end = part or (0, content.size)
        if part is not None:
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{content.size}"
        headers["Content-Length"] = str(end - begin)
        pieces = content.pieces(begin, end)
        try:
            first = await anext(pieces, b"")
        except ContentGoneError:
            refuse(UnknownBlob(digest))
        return StreamingResponse(_rest(first, pieces), 206 if part else 200, headers, content.media_type)


class _Sent:
    """The body of a request, in pieces."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.was_read = False
        self.pieces = self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        self.was_read = True
        async for piece in self._request.stream():
            if piece:
                yield piece

    async def leave(self) -> None:
        """Reads what nobody wants, as far as that is a blob's: who still sends, and is hung up on, does not see the
        answer."""
        left = MAX_TASK_BLOB_BYTES
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(LEAVE_S):
                async for piece in self.pieces:
                    left -= len(piece)
                    if left < 0:
                        return


async def _rest(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


def _headers(content: Content) -> dict[str, str]:
    name = content.name.rpartition("/")[2]
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}" if name else "attachment"
    return {**_HOSTILE, "Content-Disposition": disposition, "ETag": f'"{content.digest}"'}


def _beyond(call: Call, content: Content) -> Response:
    words = f"the range begins behind the end: it has {content.size} bytes"
    answer = response(call.ends_with(problem(grpc.StatusCode.OUT_OF_RANGE, words, 416)))
    answer.headers["Content-Range"] = f"bytes */{content.size}"
    return answer


def _asked(request: Request, content: Content) -> tuple[int, int] | None:
    return asked_range(request.headers.get("range", ""), content.size)


def _is_other(request: Request, digest: str) -> bool:
    """Whether a part is asked for of something that this is not (If-Range)."""
    return request.headers.get("if-range", f'"{digest}"') != f'"{digest}"'

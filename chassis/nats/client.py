"""The library's client, made deaf to nobody: one message that it cannot read must not be the last that it reads.

A server passes on whatever bytes a publisher has put into a subject or into headers. nats-py ends its read loop, for
good and without a word, at a subject or a status that is not UTF-8, and loses the connection at one with a vertical tab
or a form feed; a message of a stream would do so again each time that it is delivered.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.protocol import parser

from chassis.certificates import CertificateError, ServerTrust

log = structlog.get_logger(__name__)

_BLANKS = rb"[ \t]+"
_WORD = rb"([^ \t\r\n]+)"
_REPLY = rb"(" + _WORD + _BLANKS + rb")?"
_NUMBER = rb"(\d+)"
_START = _BLANKS.join((b"", _WORD, _WORD, _REPLY))
parser.MSG_RE = re.compile(rb"\AMSG" + _START + _NUMBER + rb"\r\n")
parser.HMSG_RE = re.compile(rb"\AHMSG" + _START + _NUMBER + _BLANKS + _NUMBER + rb"\r\n")
"""Words end where the server ends them: at a space or a tab (https://docs.nats.io/reference/reference-protocols/nats-protocol).
The library has its expressions nowhere else."""


class BusClient(Client):
    """As the library's; what is not UTF-8 in a subject is read with its bytes spelled out, headers that cannot be read
    are none. With a ``trust`` it says nothing to a server that has not shown who it is: the library does as it is told
    by whoever answers, and would send the password in the clear."""

    def __init__(self, trust: ServerTrust | None = None) -> None:
        super().__init__()
        self._trust = trust

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """From the files as they are at this connection. Raises nats.errors.Error."""
        if self._trust is None:
            return super().ssl_context
        try:
            return self._trust.context()
        except CertificateError as error:
            raise nats.errors.Error(str(error)) from error

    async def _process_connect_init(self) -> None:
        """A handshake that failed leaves a connection that the library never closes; with TLS it would wait for its end
        for ever."""
        try:
            await super()._process_connect_init()
        except (TimeoutError, OSError, nats.errors.Error):
            self._abandon()
            raise

    def _abandon(self) -> None:
        """The library makes another transport where it has none."""
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()
        self._transport = None

    def _connect_command(self) -> bytes:
        """The last step before anything is said."""
        if self._trust is not None and not self._is_encrypted():
            raise nats.errors.Error("the server offers no TLS")
        command: bytes = super()._connect_command()
        return command

    def _is_encrypted(self) -> bool:
        writer = getattr(self._transport, "_io_writer", None)
        return writer is not None and writer.get_extra_info("ssl_object") is not None

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        try:
            await super()._process_msg(sid, subject, reply, data, headers)
        except Exception as error:  # noqa: BLE001 - whatever it is: the next message has nothing to do with it
            log.warning("bus_message_unreadable", subject=_text(subject), error=repr(error))

    async def _process_pong(self) -> None:
        """Who waited for it may have gone, or waited no longer: at such a one the library ended its read loop for good,
        and nothing was heard of until the connection was given up."""
        if self._pongs and self._pongs[0].done():
            self._pongs[0] = asyncio.get_running_loop().create_future()
        await super()._process_pong()

    async def _process_headers(self, headers: Any) -> Any:
        try:
            return await super()._process_headers(headers)
        except (UnicodeDecodeError, IndexError) as error:
            log.warning("bus_headers_unreadable", error=repr(error))
            return None

    def _build_message(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: Any) -> Msg:
        message: Msg = super()._build_message(sid, _text(subject).encode(), _text(reply).encode(), data, headers)
        return message


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")

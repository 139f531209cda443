"""Where ``coderunner mcp --http`` listens, who may call it, and by which names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import click

_VARIABLE = "CODERUNNER_MCP_TOKEN"
_MAX_TOKEN_BYTES = 4096
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to listen on."""

    host: str
    port: int
    """0: any that is free."""
    token: str
    """Empty: none is asked for."""
    names: tuple[str, ...]
    """What a request's Host header may name; a page that has rebound a name of its own to this address names that."""


def endpoint(
    address: str | None, token_file: Path | None, names: tuple[str, ...], *, open_to_everybody: bool
) -> Endpoint | None:
    """What the command line says; None for standard input and output. Raises click.UsageError, also where anybody who
    reaches it could run programs and nobody has said so."""
    if address is None:
        if token_file or names or open_to_everybody:
            raise click.UsageError("--token-file, --host and --open-to-everybody need --http")
        return None
    host, port = _host_and_port(address)
    token = _token(token_file)
    if not token and not open_to_everybody and not _is_loopback(host):
        raise click.UsageError(
            f"--http {address}: beyond loopback anybody could run programs; set --token-file, {_VARIABLE} or "
            "--open-to-everybody"
        )
    own = f"[{host}]" if ":" in host else host
    return Endpoint(host, port, token, tuple(dict.fromkeys((*_LOOPBACK_NAMES, own, *names))))


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise click.UsageError(f"--http {address!r} is not HOST:PORT")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token(file: Path | None) -> str:
    """From the file or the environment: the command line is everybody's on this machine to read."""
    if file is None:
        return _fit(os.environ.get(_VARIABLE, "").strip(), _VARIABLE)
    try:
        with file.open("rb") as opened:
            token = opened.read(_MAX_TOKEN_BYTES + 1).decode().strip()
    except OSError as error:
        raise click.UsageError(f"--token-file {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"--token-file {file}: is not text") from None
    if not token:
        raise click.UsageError(f"--token-file {file}: is empty")
    return _fit(token, f"--token-file {file}")


def _fit(token: str, where: str) -> str:
    if len(token) > _MAX_TOKEN_BYTES or any(not "!" <= character <= "~" for character in token):
        raise click.UsageError(f"{where}: a token is up to {_MAX_TOKEN_BYTES} visible ASCII characters")
    return token

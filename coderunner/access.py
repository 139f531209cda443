"""Where the gateway is and what it takes to get in: what the caller says, else the environment, else a file."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from coderunner.errors import CodeRunnerError

DEFAULT_TARGET = "127.0.0.1:50051"
_KEYS = ("gateway", "token", "tls_ca", "tls_certificate", "tls_key")
_MAX_FILE_BYTES = 64 << 10
_TLS = "https://"
_PLAIN = "http://"


@dataclass(frozen=True, slots=True)
class PemFile:
    """A file with certificates or a key."""

    path: Path
    named_by: str
    """The variable or the file that says so."""

    def read(self) -> bytes:
        """Raises CodeRunnerError."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise CodeRunnerError(f"{self.named_by}: {self.path}: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class Access:
    """A gateway, and what is shown to it."""

    target: str
    """``host:port``."""
    secure: bool = False
    """Whether it speaks TLS."""
    token: str = ""
    ca: PemFile | None = None
    """Whom its certificate must come from; None: one of the usual authorities."""
    certificate: PemFile | None = None
    """What is shown to it."""
    key: PemFile | None = None


def find_access(target: str | None, token: str | None) -> Access:
    """``target`` and ``token`` as Client takes them. What the file tells of its gateway goes to no other. Raises
    CodeRunnerError for a file that cannot be used."""
    path, told = _file()
    its = _host_and_port(told.get("gateway", DEFAULT_TARGET))
    address = target or os.environ.get("CODERUNNER_GATEWAY") or told.get("gateway", DEFAULT_TARGET)
    if _host_and_port(address) != its or address.startswith(_PLAIN):
        told = {}
    secure = address.startswith(_TLS) or told.get("gateway", "").startswith(_TLS)
    if token is None:
        token = os.environ.get("CODERUNNER_TOKEN", told.get("token", ""))
    if not secure:
        return Access(_host_and_port(address), token=token)
    ca, certificate, key = (_pem(name, path, told) for name in ("tls_ca", "tls_certificate", "tls_key"))
    return Access(_host_and_port(address), True, token, ca, certificate, key)


def config_file() -> Path | None:
    """The file that is read: ``CODERUNNER_CONFIG`` (empty: none), or the first that is there of the user's own
    (``~/.config/coderunner/client.toml``) and the installation's (``etc/coderunner/client.toml`` in a virtual
    environment, below ``/`` otherwise)."""
    named = os.environ.get("CODERUNNER_CONFIG")
    if named is not None:
        return Path(named) if named else None
    own = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - raises nothing where there is no home
    installation = Path(sys.prefix if sys.prefix != sys.base_prefix else "/")
    places = (Path(own), installation / "etc")
    return next((file for place in places if (file := place / "coderunner" / "client.toml").is_file()), None)


def _file() -> tuple[Path, dict[str, str]]:
    path = config_file()
    if path is None:
        return Path(), {}
    try:
        with path.open("rb") as file:
            told = tomllib.loads(file.read(_MAX_FILE_BYTES).decode())
    except OSError as error:
        raise CodeRunnerError(f"{path}: {error.strerror}") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise CodeRunnerError(f"{path}: {error}") from None
    wrong = [key for key, value in told.items() if key not in _KEYS or not isinstance(value, str)]
    if wrong:
        raise CodeRunnerError(f"{path}: {wrong[0]!r} is none of the texts {', '.join(_KEYS)}")
    return path, told


def _host_and_port(address: str) -> str:
    return address.removeprefix(_TLS).removeprefix(_PLAIN).rstrip("/")


def _pem(name: str, file: Path, told: dict[str, str]) -> PemFile | None:
    """The path that the environment names, or that the file does, from its own folder."""
    variable = f"CODERUNNER_{name.upper()}"
    if named := os.environ.get(variable):
        return PemFile(Path(named), variable)
    return PemFile(file.parent / told[name], f"{file}: {name}") if told.get(name) else None

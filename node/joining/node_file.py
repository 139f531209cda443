"""The node's settings as a join writes them: a part of its own in ``node.toml``, which the next join renews; whatever
stands around it is the operator's and stays."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.joining.errors import WrongInputError
from node.joining.membership import Membership

BEGIN = "# Written by `coderunner-node join`, which writes it anew. Settings of your own go below its end.\n"
END = "# End of what the join wrote.\n"
_MAX_BYTES = 256 << 10

Settings = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Places:
    """The files of a joined node."""

    directory: Path
    """Absolute."""

    @property
    def settings(self) -> Path:
        return self.directory / "node.toml"

    @property
    def seed(self) -> Path:
        return self.directory / "node.nk"

    @property
    def bus_authorities(self) -> Path:
        return self.directory / "bus-authorities.pem"

    @property
    def directory_authorities(self) -> Path:
        return self.directory / "directory-authorities.pem"


@dataclass(frozen=True, slots=True)
class NodeFile:
    """``node.toml`` as it was found."""

    path: Path
    text: str = ""
    """Empty: there is none."""

    @property
    def told(self) -> Mapping[str, Any]:
        """All settings in it. Raises WrongInputError."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise WrongInputError(f"{self.path} is not TOML: {error}") from None

    @property
    def node_id(self) -> str:
        """The id that it says; empty where it says none. Raises WrongInputError."""
        return str(self.told.get("node_id", ""))

    @property
    def pools(self) -> list[str]:
        """The pools that it says. Raises WrongInputError."""
        pools = self.told.get("pools", [])
        return [str(pool) for pool in pools] if isinstance(pools, list) else []

    @property
    def is_foreign(self) -> bool:
        """Whether there is a file that no join has written."""
        return bool(self.text) and not (BEGIN in self.text and END in self.text.partition(BEGIN)[2])

    def with_settings(self, settings: Settings) -> str:
        """The text with these settings in place of the last join's, or alone. Raises WrongInputError where what stands
        around them says one of them, too."""
        before, _, rest = ("", "", "") if self.is_foreign else self.text.partition(BEGIN)
        text = before + BEGIN + _toml(settings) + END + rest.partition(END)[2]
        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            names = ", ".join(settings)
            raise WrongInputError(f"{self.path}: a join writes {names}, and beside them stands: {error}") from None
        assert {name: told[name] for name in settings} == dict(settings)  # noqa: S101 - whatever a gateway says
        return text


def found(path: Path) -> NodeFile:
    """The file that is there. Raises WrongInputError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return NodeFile(path)
    except OSError as error:
        raise WrongInputError(f"{path}: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise WrongInputError(f"{path} is larger than settings are")
    try:
        return NodeFile(path, content.decode())
    except UnicodeDecodeError:
        raise WrongInputError(f"{path} is not TOML: it is not UTF-8") from None


def settings_of(node_id: str, pools: Sequence[str], said: Membership, places: Places) -> Settings:
    """The settings of a node that has joined, by name; none that is empty."""
    settings: dict[str, str | Sequence[str]] = {
        "node_id": node_id,
        "pools": list(pools),
        "nats_urls": list(said.nats_urls),
        "nats_user": said.nats_user,
        "nats_nkey": str(places.seed),
        "nats_tls_authorities": str(places.bus_authorities) if said.bus_authorities else "",
        "etcd_endpoints": list(said.etcd_endpoints),
        "etcd_user": said.etcd_user,
        "etcd_password": said.etcd_password,
        "etcd_tls_authorities": str(places.directory_authorities) if said.directory_authorities else "",
    }
    return {name: value for name, value in settings.items() if value}


def _toml(settings: Settings) -> str:
    """A text of JSON is one of TOML as long as each of its characters is printable, which they are."""
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items())

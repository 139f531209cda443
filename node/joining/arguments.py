"""What is typed after ``coderunner-node join``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from node.joining.errors import WrongInputError
from node.joining.node_file import Places
from node.joining.request import Entrance, token_in
from schemas.names import is_pool, is_token

PROGRAM = "coderunner-node join"
_DESCRIPTION = (
    "Makes this machine a node, by a token with the role join: writes what the gateway says to DIRECTORY and, as root "
    "on Debian, sets the machine up (Docker engine, sandbox images, systemd). It only calls out, and may be repeated."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for."""

    entrance: Entrance
    node_id: str
    """Empty: as before, or the host's name and an ending of the key's."""
    pools: Sequence[str]
    """Empty: as before, or ``default``."""
    places: Places
    sets_up: bool
    force: bool


def wanted(arguments: Sequence[str]) -> Wanted:
    """Raises WrongInputError; SystemExit for ``--help``."""
    given = _parser().parse_args(arguments)
    token = token_in(given.token_file) if given.token_file else given.token
    directory = Path(os.path.abspath(given.directory))  # noqa: PTH100 - links stay
    if not str(directory).isprintable():
        raise WrongInputError("--directory has characters in its name that cannot be shown")
    pools = [] if given.pools is None else given.pools.split(",")
    if given.node_id is not None and not is_token(given.node_id):
        raise WrongInputError("--node-id is letters, digits, - and _, at most 64")
    if not all(map(is_pool, pools)):
        raise WrongInputError("--pools is names with commas between them: letters, digits, - and _, which begins none")
    return Wanted(
        entrance=Entrance(given.gateway, token, given.ca),
        node_id=given.node_id or "",
        pools=pools,
        places=Places(directory),
        sets_up=not given.no_setup,
        force=given.force,
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongInputError(f"{message}; --help tells more")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=PROGRAM, description=_DESCRIPTION, allow_abbrev=False)
    add = parser.add_argument
    add("--gateway", required=True, metavar="URL", help="https://HOST:PORT; without https:// nothing is encrypted")
    tokens = parser.add_mutually_exclusive_group()
    tokens.add_argument("--token-file", type=Path, metavar="FILE", help="holds the token")
    tokens.add_argument("--token", help="the token itself; users of this machine may see it (not in CODERUNNER_TOKEN)")
    add("--ca", type=Path, metavar="FILE", help="PEM: whom the gateway's certificate comes from (CODERUNNER_TLS_CA)")
    add("--node-id", metavar="ID", help="the node's name (as before; or else the host's and an ending)")
    add("--pools", metavar="NAME,NAME", help="whose tasks it takes (as before; or else default)")
    add("--directory", default="/etc/coderunner", metavar="DIRECTORY", help="for its files (default: %(default)s)")
    add("--no-setup", action="store_true", help="write the files and do nothing else")
    add("--force", action="store_true", help="replace the node.toml of another node, or one that no join has written")
    return parser

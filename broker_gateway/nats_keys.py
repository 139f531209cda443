"""Keys that are no passwords (NKeys, Ed25519): who enters the bus signs what the server asks, and the server has public
keys alone. ``coderunner-gateway nats-conf --nkeys DIRECTORY …`` makes them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_SEED_BYTES = 32
_PUBLIC = re.compile(r"U[A-Z2-7]{55}")
"""A user's public key: base 32 with its kind and a checksum."""


def seed_file(directory: Path, user: str) -> Path:
    """Where a user's seed is, which nobody else should read: ``nats_nkey`` of its service."""
    return directory / f"{user}.nk"


def public_file(directory: Path, user: str) -> Path:
    """Where the public key of a user is whose seed is elsewhere."""
    return directory / f"{user}.pub"


def public_keys(directory: Path, users: Iterable[str]) -> dict[str, str]:
    """The public key of each user: of its seed in ``directory``, which is made where there is none, or the one in its
    ``.pub`` file. Raises OSError, ValueError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {user: _public_key(directory, user) for user in users}


def with_public_keys(text: str, keys: Mapping[str, str]) -> str:
    """The bus's configuration with these keys in place of the same users' passwords. Raises ValueError for a user that
    it does not have with a password."""
    for user, key in keys.items():
        entry = re.compile(rf'^( *)user: "?{re.escape(user)}"?\n *password: \$\w+\n', re.MULTILINE)
        text, count = entry.subn(rf"\1nkey: {key}  # {user}\n", text)
        if count != 1:
            raise ValueError(f"there is no one user {user} with a password in the file")
    return text


def public_key_of(seed: Path, kind: int) -> str:
    """The public half of the seed in a file, which is made, of that kind (``nkeys.PREFIX_BYTE_…``), where it is not.
    Raises OSError, ValueError."""
    import nkeys  # noqa: PLC0415 - not needed to print a file with passwords

    if not seed.exists():
        made = nkeys.encode_seed(os.urandom(_SEED_BYTES), kind)
        with os.fdopen(os.open(seed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
    held = bytearray(seed.read_bytes().strip())
    try:
        if nkeys.decode_seed(held)[0] != kind:
            raise ValueError(f"{seed} holds the seed of something else")
        return str(nkeys.from_seed(held).public_key.decode())
    except nkeys.NkeysError as error:
        raise ValueError(f"{seed} holds no seed: {type(error).__name__}") from None


def _public_key(directory: Path, user: str) -> str:
    import nkeys  # noqa: PLC0415 - not needed to print a file with passwords

    public, seed = public_file(directory, user), seed_file(directory, user)
    if public.exists():
        key = public.read_text(encoding="ascii").strip()
        if not _PUBLIC.fullmatch(key):
            raise ValueError(f"{public} holds no public key of a user")
        return key
    return public_key_of(seed, nkeys.PREFIX_BYTE_USER)

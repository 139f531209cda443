"""The node's key on the bus (an NKey, Ed25519), which is made here and never leaves the machine."""

from __future__ import annotations

import os
from pathlib import Path

import nkeys

from node.joining.errors import WrongInputError

_SEED_BYTES = 32
_MAX_FILE_BYTES = 4096


def new_seed() -> bytes:
    """The seed of a user's key that nobody has."""
    return bytes(nkeys.encode_seed(os.urandom(_SEED_BYTES), nkeys.PREFIX_BYTE_USER))


def kept_seed(file: Path) -> bytes:
    """The seed that the file holds; empty where there is no file. Raises WrongInputError."""
    try:
        with file.open("rb") as opened:
            seed = opened.read(_MAX_FILE_BYTES).strip()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise WrongInputError(f"{file}: {error.strerror}") from None
    try:
        public_key(seed)
    except ValueError:
        raise WrongInputError(f"{file} holds no seed of a user's key") from None
    return seed


def public_key(seed: bytes) -> str:
    """The public key of a user's seed: ``U`` and 55 characters. Raises ValueError."""
    try:
        _, raw = nkeys.decode_seed(seed)
        whole = nkeys.encode_seed(raw, nkeys.PREFIX_BYTE_USER)  # the library looks at no checksum where it decodes
        if bytes(whole) != seed:
            raise ValueError("no seed of a user's key, or not all of it")
        return str(nkeys.from_seed(bytearray(seed)).public_key.decode())
    except nkeys.NkeysError as error:
        raise ValueError(f"no seed: {type(error).__name__}") from None


def signed(seed: bytes, text: bytes) -> bytes:
    """The signature by which it is seen that the caller has the seed: 64 bytes."""
    return bytes(nkeys.from_seed(bytearray(seed)).sign(text))

"""The bus's configuration for nodes that join: ``coderunner-gateway nats-conf --joins DIRECTORY …``. The server then
asks the gateways who somebody is that the file does not know, and takes the word of an account's key (NATS ADR-26)."""

from __future__ import annotations

import re
from pathlib import Path

from broker_gateway.nats_conf import BEGIN
from broker_gateway.nats_keys import public_key_of, public_keys

_NOBODY = "nobody"
_USERS = re.compile(r'\b(?:user: "?([A-Za-z0-9_-]+)"?|nkey: (U[A-Z2-7]{55}))')


def account_file(directory: Path) -> Path:
    """Where the account's seed is, which gateways alone should read: their ``nats_account_nkey``."""
    return directory / "account.nk"


def _with_nobody(text: str, directory: Path) -> str:
    """A server has its clients sign something only where the key of one stands in its file, and nothing else makes it
    (tried with 2.15.1)."""
    key = public_keys(directory, [_NOBODY])[_NOBODY]
    nothing = '{ publish: { deny: ">" }, subscribe: { deny: ">" } }'
    why = "# So that the server has its clients sign something, which only the key of one makes it do. It may nothing."
    return text.replace(BEGIN, f"      {why}\n      {{ nkey: {key}, permissions: {nothing} }}\n{BEGIN}", 1)


def account_key(directory: Path) -> str:
    """The public half of the account's key in ``directory``; the seed is made where there is none. Raises OSError,
    ValueError."""
    import nkeys  # noqa: PLC0415 - not needed to print a file with passwords

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return public_key_of(account_file(directory), nkeys.PREFIX_BYTE_ACCOUNT)


def with_joins(text: str, directory: Path) -> str:
    """The file with the gateways asked about those that it does not know. Those that it does know are let in without a
    question: the gateways have to come first. Raises OSError, ValueError."""
    issuer = account_key(directory)
    if "nkey: " not in text:
        text = _with_nobody(text, directory)
    known = "".join(f'      "{name or key}"\n' for name, key in _USERS.findall(text))
    return f"""{text}
# Nodes that joined by a token: the gateways say who they are and what they may (docs/operations.md).
authorization {{
  auth_callout {{
    issuer: {issuer}
    account: CODERUNNER
    # Those that stand above.
    auth_users: [
{known}    ]
  }}
}}
"""

"""The client roles: what a caller may do. They are given to configured tokens, API keys and identity tokens alike
(docs/adr/0024-who-calls.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class ClientRole(StrEnum):
    """One of the things that a caller may do."""

    SUBMIT = "submit"
    """Submit tasks, wait for them, and cancel its own."""
    READ_OWN = "read-own"
    """Look at its client's tasks."""
    READ_ALL = "read-all"
    """Look at everybody's tasks, at dead letters and at the audit trail, and change nothing."""
    OPERATE = "operate"
    """Cancel anybody's task, redrive, drain, purge."""
    JOIN = "join"
    """Make a machine a node."""
    ADMIN = "admin"
    """Make and revoke API keys, and so all else: it could make itself a key for it."""
    PAGE = "page"
    """Run programs from a page in a browser, over HTTP alone: the one role of a publishable key, and of nothing else
    (docs/adr/0030-publishable-keys.md)."""


GIVEN_ROLES = tuple(role for role in ClientRole if role is not ClientRole.PAGE)
"""What may be given to whoever calls with a token that is kept secret."""
CLIENT_ROLES = frozenset({ClientRole.SUBMIT, ClientRole.READ_OWN})
"""What every configured token has."""
OPERATOR_ROLES = CLIENT_ROLES | {ClientRole.READ_ALL, ClientRole.OPERATE}
"""What the tokens of the setting ``operators`` have."""
_INCLUDED: Mapping[ClientRole, Iterable[ClientRole]] = {
    ClientRole.READ_ALL: {ClientRole.READ_OWN},
    ClientRole.OPERATE: {ClientRole.READ_ALL, ClientRole.READ_OWN},
    ClientRole.ADMIN: GIVEN_ROLES,
}


def with_included(roles: Iterable[ClientRole]) -> frozenset[ClientRole]:
    """These roles, and those that they include."""
    given = frozenset(roles)
    return given.union(*(_INCLUDED.get(role, set()) for role in given))

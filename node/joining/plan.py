"""As which node the machine joins, by what is typed and what an earlier join left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.infrastructure.identity import host_token
from node.joining.arguments import Wanted
from node.joining.errors import WrongInputError
from node.joining.node_file import NodeFile
from node.joining.seed import kept_seed, new_seed, public_key
from schemas.names import is_pool, is_token

_KEY_CHARS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A node to be."""

    node_id: str
    pools: Sequence[str]
    seed: bytes = field(repr=False)
    replaces: bool
    """Whether another node was here, whose files stay until the gateway has taken this one."""


def plan(wanted: Wanted, before: NodeFile) -> Plan:
    """``before``: the settings that are there. Raises WrongInputError where they are not to be replaced."""
    replaces = before.is_foreign or bool(wanted.node_id and before.node_id not in ("", wanted.node_id))
    if replaces and not wanted.force:
        whose = "no join has written it" if before.is_foreign else f"it is that of the node {before.node_id}"
        raise WrongInputError(f"{before.path} is there, and {whose}: --force replaces it")
    seed = (b"" if replaces else kept_seed(wanted.places.seed)) or new_seed()
    node_id, pools = wanted.node_id, wanted.pools
    if not replaces:
        node_id, pools = node_id or before.node_id, pools or before.pools
        _refuse_unusable(before, node_id, pools)
    ending = public_key(seed)[-_KEY_CHARS:].lower()
    return Plan(node_id=node_id or f"{host_token()}-{ending}", pools=pools or ["default"], seed=seed, replaces=replaces)


def _refuse_unusable(before: NodeFile, node_id: str, pools: Sequence[str]) -> None:
    if (node_id and not is_token(node_id)) or not all(map(is_pool, pools)):
        raise WrongInputError(f"{before.path} has a node_id or pools that can be none: name them, or take them out")

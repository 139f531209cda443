"""The bus's configuration file with a user for each node: ``coderunner-gateway nats-conf --node NAME=POOL,POOL …``.

nats.conf has one user, ``node``, for a node of the pool ``default`` that has none of its own. Between its two marks
stand the users that ``node_users`` makes; the file in the repository is what it makes for that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from schemas.joined import is_joined_user
from schemas.names import is_token
from schemas.permissions import of_node

BEGIN = "      # Nodes: made by `coderunner-gateway nats-conf --node NAME=POOL,POOL ...`\n"
END = "      # End of nodes\n"
RESERVED = frozenset({"gateway", "operator", "system", "root", "nobody", "account"})


def with_nodes(text: str, nodes: Mapping[str, Sequence[str]]) -> str:
    """The file with these nodes' users in place of those between its marks. Raises ValueError."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the marks of the nodes' users are not in the file")
    return before + begin + node_users(nodes) + end + after


def node_users(nodes: Mapping[str, Sequence[str]]) -> str:
    """Their entries in the list of users. Raises ValueError for a name or a pool that cannot be one."""
    return "".join(_user(name, pools) for name, pools in nodes.items())


def password_variable(name: str) -> str:
    """The variable that holds the password of a node's user on the bus."""
    return "CODERUNNER_NATS_NODE_PASSWORD" if name == "node" else f"CODERUNNER_NATS_NODE_{_spelled(name)}_PASSWORD"


def nodes_of(arguments: Iterable[str]) -> dict[str, list[str]]:
    """``NAME=POOL,POOL`` each. Raises ValueError."""
    nodes: dict[str, list[str]] = {}
    for argument in arguments:
        name, equals, pools = argument.partition("=")
        listed = pools.split(",") if equals else ["default"]
        if name in nodes or name in RESERVED or is_joined_user(name) or not all(map(is_token, (name, *listed))):
            raise ValueError(f"{argument!r} is not NAME=POOL,POOL with a name of its own")
        nodes[name] = listed
    if len({password_variable(name) for name in nodes}) < len(nodes):
        raise ValueError("two names have the same variable: they differ in small letters, or in - and _, only")
    return nodes


def _spelled(name: str) -> str:
    return name.upper().replace("-", "_")


def _user(name: str, pools: Sequence[str]) -> str:
    permissions = of_node(name, pools)
    lines = [
        "      {",
        f"        user: {_quoted(name)}",
        f"        password: ${password_variable(name)}",
        "        permissions {",
        "          publish: [",
        *(f"            {_quoted(subject)}" for subject in permissions.publish),
        "          ]",
        "          subscribe: [",
        *(f"            {_quoted(subject)}" for subject in permissions.subscribe),
        "          ]",
        "          # Answers to cancel and drain orders, and to the roll call.",
        '          allow_responses: { max: 1, expires: "1m" }',
        "        }",
        "      }",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return f'"{text}"'

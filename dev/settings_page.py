"""Writes docs/configuration.md from the settings themselves: ``python -m dev.settings_page``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from broker_gateway.infrastructure.settings import GatewaySettings
from dev.console import say
from dev.paths import REPOSITORY
from node.infrastructure.settings import NodeSettings

PAGE = REPOSITORY / "docs" / "configuration.md"

_HEAD = """\
# Configuration

<!-- Written by `python -m dev.settings_page` from the settings classes; a test holds them together. -->

Every setting can come from a flag (`--grpc-address`; not for secrets and tables), an environment variable
(`CODERUNNER_GATEWAY_GRPC_ADDRESS`) or a TOML file (`grpc_address = "..."`) that `--config` or
`CODERUNNER_GATEWAY_CONFIG` names; the first of these wins over the next. Lists are written with commas in flags and
variables. An unknown name is an error in all three, and names the one that was probably meant; an empty variable is one
that is not set. Names that were changed (`reconnect_most_s`, `relay_most_s`, `bus_most_tasks`: `max` today) are taken
as ever.
"""

_TAIL = """
## The bus: `nats.conf`

Started with `nats-server -c nats.conf`; flags of the server (`-a`, `-p`, `-m`) override host and ports.

| variable | meaning |
| --- | --- |
| `CODERUNNER_NATS_STORE` | directory of the stored messages |
| `CODERUNNER_NATS_GATEWAY_PASSWORD` | of the user `gateway`: queues tasks, owns the streams, relays results |
| `CODERUNNER_NATS_NODE_PASSWORD` | of the user `node`: takes tasks, stores results |
| `CODERUNNER_NATS_OPERATOR_PASSWORD` | of the user `operator`: reads everything, changes nothing |
| `CODERUNNER_NATS_SYSTEM_PASSWORD` | of the user `system`: the servers themselves, no tasks |

A password begins with a letter. Each role has its own prefix for reply subjects (`_INBOX_gateway`, `_INBOX_node`,
`_INBOX_operator`), and no role can listen on another's.

### Three servers

The same file on three hosts, each with its own name; routes carry a user and password of their own:

```sh
nats-server -c nats.conf -a 0.0.0.0 --server_name n1 --cluster_name coderunner \\
  --cluster nats://route:SECRET@0.0.0.0:6222 \\
  --routes nats://route:SECRET@n1:6222,nats://route:SECRET@n2:6222,nats://route:SECRET@n3:6222
```

Gateways and nodes list all three in `nats_urls`; the gateways get `stream_replicas = 3`. Streams that exist already are
changed to three replicas at the gateway's next start. etcd: three members as its own documentation says, all three in
`etcd_endpoints`. [`deploy/compose/cluster.yaml`](../deploy/compose/cluster.yaml) has all of it on one host.

## When a part is away

Every call to another process has a time-out: the bus `nats_timeout_s` (1.8 s on a gateway, 2 s on a node, where stores
are tried again for 60 s); connecting to NATS 2 s, and a peer that fell silent is noticed by pings within 15 s; etcd
3 s; a callback `callback_timeout_s`; the Docker engine 30 s.

Gateways and nodes connect to NATS and etcd again with pauses that double from `reconnect_base_s` to
`reconnect_max_s`, each shortened at random so that not all come back at once; the servers are tried in turn. With
`reconnect_tries` they end with exit code 1 after so many failures in a row, for a supervisor to start them anew;
without it they go on for ever, also where the bus refuses their user. Retries of single calls are
[stamina](https://stamina.hynek.me)'s. All of this is one policy, in `chassis/backoff.py`.

While etcd is away, gateways ask the nodes themselves, over the bus and every 5 s, so a gateway that starts then knows
who serves what, and takes tasks. It is ready once it has read the nodes from etcd or one has answered.

A language that a node cannot serve when it starts (its image is missing, its toolchain does not run) is tried again,
with pauses from 0.5 to 30 s, and joins in without a restart; a node that can serve none, or finds no engine, is not
ready until it can.

A node's request that waits for a task is lost without a word when the leader of its queue dies. The bus gives a sign
of life for it every 0.9 s, so this is noticed within about 2 s, and the request is sent again until there is a leader.

Each callback endpoint (host and port) has a circuit breaker, [purgatory](https://github.com/mardiros/purgatory), in
`broker_gateway/infrastructure/callbacks/breaker.py`: after `callback_breaker_failures` failures in a row nothing is
sent there for `callback_breaker_s` seconds, then one success closes it and one failure opens it again. A delivery
that is not made for that reason is no attempt: the result waits, for `relay_give_up_s` at most. An answer that
refuses for good (most of 4xx) is no failure of the endpoint.

## Callbacks that show from whom they come

```toml
# gateway.toml
callback_secret = ["whsec_NEW", "whsec_OLD"]        # Standard Webhooks; of all clients that have none of their own
[callback_secrets]
blog = ["whsec_BLOG"]                               # a client's own, instead
[callback_headers.blog]
Authorization = "Bearer of-the-blog"                # sent with the blog's callbacks, wherever they go
[callback_header_sets.blog.shop-a]
X-Shop-Key = "of-shop-a"                            # sent where a task of the blog's asks for `shop-a`
```

A secret is 24 to 64 random bytes in base64 (`openssl rand -base64 32`), with or without `whsec_` before it. To change
one, put the new one first, let the receivers take it, then take the old one out: until then both sign
(`webhook-signature: v1,… v1,…`). For `grpc` and `grpcs` callbacks the same names are metadata in lower case, and what
is signed is the serialized request. At most 8 secrets and 16 headers per client, and 64 sets of as many headers, of
which a task's callback names one (`Callback.headers`): its values go before the client's own. A name that the client
has no set of is `INVALID_ARGUMENT`; where a set is taken out while results wait for their callbacks, those wait for it
to come back. What cannot be used is refused at the start, in words that do not repeat it. No value is logged, and none
is in a message or an answer of the API: only the name. Send `Authorization` to `https` and `grpcs` endpoints
only: the client chooses the URL.

## Clients: the SDK and the command line

| variable | default | meaning |
| --- | --- | --- |
| `CODERUNNER_GATEWAY` | `127.0.0.1:50051` | the gateway, `host:port`, or `https://host:port` for TLS |
| `CODERUNNER_TOKEN` | | the client's token, where the gateway asks for one |
| `CODERUNNER_TLS_CA` | the usual authorities | PEM file: whom the gateway's certificate must come from |
| `CODERUNNER_TLS_CERTIFICATE`, `CODERUNNER_TLS_KEY` | | PEM files: what is shown where `tls_client_authorities` asks |
| `CODERUNNER_CONFIG` | see below | a file that says the same; empty: none |

```toml
# client.toml, readable by its owner only
gateway = "https://blog.example:50051"
token = "crk_..."
tls_ca = "authority.pem"      # beside this file, or a whole path; tls_certificate and tls_key likewise
```

The file is `~/.config/coderunner/client.toml`, else `etc/coderunner/client.toml` of the virtual environment, or below
`/` without one. Arguments go before variables, and those before the file. What the file says goes to its own gateway
and to no other: whoever calls that one by `host:port` alone gets TLS and the token too.
"""


def page() -> str:
    """The text of docs/configuration.md."""
    return (
        "\n".join(
            (
                _HEAD,
                _table("The gateway", GatewaySettings, "CODERUNNER_GATEWAY_"),
                _table("The node", NodeSettings, "CODERUNNER_NODE_"),
            )
        )
        + _TAIL
    )


def _table(title: str, settings: type[BaseModel], prefix: str) -> str:
    rows = [_row(name, field) for name, field in settings.model_fields.items()]
    head = [f"## {title}: `{prefix}…`", "", "| name | default | meaning |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{name}` | {_default(name, field.get_default())} | {field.description} |"


def _default(name: str, value: Any) -> str:
    if isinstance(value, SecretStr) or value in ("", {}, []):
        return ""
    if isinstance(value, Path) and value.is_relative_to(REPOSITORY):
        value = value.relative_to(REPOSITORY)
    if name == "concurrency" and value == os.cpu_count():
        return "the number of processors"
    plain = value if isinstance(value, (int, float, list, Mapping)) else str(value)
    return f"`{json.dumps(plain)}`"


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    say(f"wrote {PAGE.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The users and roles of etcd: a gateway reads the directory, a node writes its own entry, and nobody else does
anything. Standard library only: ``make demo`` uses it too."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

_TIMEOUT_S = 10.0
ROOT = "root"
"""The user that etcd itself demands; it may do everything, and no service has its password."""
_GATEWAY_ROLE = "coderunner-gateway"
_NO_SUCH_USER = "user name not found"


def password_variable(user: str) -> str:
    """The environment variable that holds the password of a user of etcd."""
    return f"CODERUNNER_ETCD_{user.upper().replace('-', '_')}_PASSWORD"


class EtcdRefusedError(Exception):
    """etcd said no, or nothing that can be understood."""


class EtcdUsers:
    """The administration of one etcd by its JSON API. May be repeated: passwords and rights are made what they should
    be."""

    def __init__(self, endpoint: str, root_password: str, context: ssl.SSLContext | None = None) -> None:
        """``endpoint``: ``host:port``. ``context``: how it is known that it is etcd; None: not encrypted."""
        self._endpoint = endpoint
        self._context = context
        self._root_password = root_password
        self._token = ""

    def set_up(self, *, prefix: str, gateway: tuple[str, str], nodes: Mapping[str, tuple[str, str]]) -> None:
        """Makes the users, and has everybody asked for a password from now on. ``gateway``: user and password of who
        reads all below ``prefix``; ``nodes``: user and password by node id. Raises EtcdRefusedError, OSError."""
        self._log_in()
        self._user(ROOT, self._root_password, ROOT, [])
        self._user(*gateway, _GATEWAY_ROLE, [_range("READ", prefix, _end_of(prefix))])
        for node_id, (user, password) in nodes.items():
            self._node(prefix, node_id, user, password)
        if not self._token:
            self._call("auth/enable")
            self._log_in()

    def add_node(self, *, prefix: str, node_id: str, user: str, password: str) -> None:
        """Makes the user of one node, where users are asked for passwords. Raises EtcdRefusedError, OSError."""
        self._log_in()
        self._node(prefix, node_id, user, password)

    def remove(self, user: str) -> bool:
        """Removes a user, whose tokens are good for nothing from then on. False where there is none. Raises
        EtcdRefusedError, OSError."""
        self._log_in()
        try:
            self._call("auth/user/delete", name=user)
        except EtcdRefusedError as error:
            if _NO_SUCH_USER not in str(error):
                raise
            return False
        return True

    def _node(self, prefix: str, node_id: str, user: str, password: str) -> None:
        self._user(user, password, f"coderunner-node-{node_id}", [_range("WRITE", f"{prefix}{node_id}")])

    def _log_in(self) -> None:
        """Without a token where nobody is asked for a password yet."""
        try:
            answer = self._call("auth/authenticate", name=ROOT, password=self._root_password)
        except EtcdRefusedError as error:
            if "authentication is not enabled" not in str(error):
                raise
        else:
            self._token = str(answer["token"])

    def _user(self, name: str, password: str, role: str, permissions: Sequence[Mapping[str, str]]) -> None:
        self._call("auth/role/add", but="role name already exists", name=role)
        for permission in permissions:
            self._call("auth/role/grant", name=role, perm=permission)
        self._call("auth/user/add", but="user name already exists", name=name, password=password)
        if not self._enters(name, password):
            self._call("auth/user/changepw", name=name, password=password)  # ends what the user's tokens are good for
        self._call("auth/user/grant", user=name, role=role)

    def _enters(self, name: str, password: str) -> bool:
        """True if that is the user's password already, as far as can be seen."""
        try:
            self._call("auth/authenticate", name=name, password=password)
        except EtcdRefusedError:
            return False
        return True

    def _call(self, method: str, *, but: str = "", **body: Any) -> dict[str, Any]:
        """``but``: a refusal that is as good as success. Raises EtcdRefusedError, OSError."""
        host, _, port = self._endpoint.removeprefix("http://").removeprefix("https://").rpartition(":")
        connection = self._connection(host, int(port))
        try:
            headers = {"Authorization": self._token} if self._token else {}
            connection.request("POST", f"/v3/{method}", json.dumps(body), headers)
            answer = json.loads(connection.getresponse().read())
        except (ValueError, http.client.HTTPException) as error:
            raise EtcdRefusedError(f"{method}: {error}") from error
        finally:
            connection.close()
        refusal = str(answer.get("error", ""))
        if refusal and not (but and but in refusal):
            raise EtcdRefusedError(f"{method}: {refusal}")
        return dict(answer)

    def _connection(self, host: str, port: int) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
        return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=self._context)


def _range(kind: str, first: str, end: str = "") -> dict[str, str]:
    """A permission; without ``end`` for the one key."""
    permission = {"permType": kind, "key": base64.b64encode(first.encode()).decode()}
    return permission | ({"range_end": base64.b64encode(end.encode()).decode()} if end else {})


def _end_of(prefix: str) -> str:
    """The first key after all that begin with ``prefix``."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)

"""The directory's users of nodes that joined, which the gateway makes and removes as etcd's root."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from broker_gateway.application.join_ports import DirectoryUnavailableError
from broker_gateway.infrastructure.bus.nats_jwt import AccountKey
from chassis.certificates import CertificateError
from chassis.etcd import EtcdSettings
from chassis.etcd_users import EtcdRefusedError, EtcdUsers
from schemas.joined import JoinedNode, joined_user
from schemas.names import NODES_PREFIX

_Done = TypeVar("_Done")


class EtcdNodeUsers:
    """Implements ``DirectoryUsers``. A password is made of the account's secret and the node's key, so that it stands
    nowhere, and all gateways make the same."""

    def __init__(self, settings: EtcdSettings, root_password: str, account: AccountKey) -> None:
        """``root_password``: empty where etcd asks nobody for one."""
        self._settings = settings
        self._root_password = root_password
        self._account = account

    async def give(self, node: JoinedNode) -> tuple[str, str]:
        if not self._root_password:
            return "", ""
        user, password = joined_user(node.node_id), self._password(node)

        def add(users: EtcdUsers) -> None:
            users.add_node(prefix=NODES_PREFIX, node_id=node.node_id, user=user, password=password)

        await asyncio.to_thread(self._done, add)
        return user, password

    async def take(self, node_id: str) -> bool:
        if not self._root_password:
            return False
        return await asyncio.to_thread(self._done, lambda users: users.remove(joined_user(node_id)))

    def _password(self, node: JoinedNode) -> str:
        return self._account.derived(f"etcd {node.node_id} {node.nats_public_key}").hex()

    def _done(self, what: Callable[[EtcdUsers], _Done]) -> _Done:
        """Done by the first member that answers."""
        trouble = "there is no etcd"
        for endpoint in self._settings.endpoints:
            try:
                context = self._settings.trust.context() if self._settings.trust is not None else None
                return what(EtcdUsers(endpoint, self._root_password, context))
            except (EtcdRefusedError, CertificateError, OSError) as error:
                trouble = str(error) or repr(error)
        raise DirectoryUnavailableError(trouble)

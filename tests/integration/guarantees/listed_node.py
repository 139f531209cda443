"""A node that stands in the directory and takes no task."""

from __future__ import annotations

import aetcd
import msgspec

from chassis.etcd_users import ROOT
from schemas import names
from schemas.node import NodeRecord
from tests.builders import a_language_record, a_node_record
from tests.servers.etcd import etcd_password
from tests.servers.stack import Stack


async def serve_nowhere(stack: Stack, language: str) -> None:
    """Lists a node that serves the language, and lives nowhere."""
    await list_node(stack, a_node_record("nowhere", a_language_record(language, "1")))
    await stack.wait_served(language)


async def list_node(stack: Stack, record: NodeRecord) -> None:
    """Writes the record into the directory, for good: nobody stands behind it."""
    root = {"username": ROOT, "password": etcd_password(ROOT)}
    async with aetcd.Client(host="127.0.0.1", port=stack.etcd.members[0].port, **root) as etcd:
        await etcd.put(names.node_key(record.id).encode(), msgspec.json.encode(record))

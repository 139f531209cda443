"""Garbage in etcd, as whoever has a node's key may write it: it hides no other node, and what is kept of it can be
told."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broker_gateway.application.catalog_service import CatalogAppService
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from broker_gateway.interfaces.catalog_servicer import CatalogServicer
from chassis.etcd import EtcdSettings
from coderunner.v1 import catalog_pb2 as pb
from schemas import names
from tests.builders import a_node_record
from tests.integration.abuse.hostile_messages import texts, with_faults
from tests.integration.abuse.hunting import hunting

WORDS = ["bad", "good", "python", "default", "READY", ">", "a.b", "\x1b[2J", "\ud800"]
NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.sampled_from([-1, 0, 2**31, 2**53, 2**63]))
NO_CONTEXT: Any = None
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, texts(WORDS[:-1]), st.just(WORDS[-1]))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts(WORDS[:-1]), inner, max_size=3)),
    max_leaves=8,
)
HONEST = json.loads(msgspec.json.encode(a_node_record("bad")))
EXTREMES = st.sampled_from(
    [0, 1, 100, 2**31 - 1, 2**53, 10**12, 0.1, 1e4, "", "x" * 64, "x" * 256, "\x00", "\U0010ffff"]
)
ANYTHING = st.one_of(EXTREMES, VALUES)
CHANGES = st.dictionaries(st.sampled_from(sorted(HONEST)), ANYTHING, max_size=2)
LANGUAGES = st.dictionaries(st.sampled_from(sorted(HONEST["languages"][0])), ANYTHING, max_size=2).map(
    lambda wrong: [HONEST["languages"][0] | wrong]
)
RECORDS = st.builds(lambda languages, wrong: HONEST | {"languages": languages} | wrong, LANGUAGES, CHANGES)
ENTRIES = RECORDS.map(lambda record: json.dumps(record).encode()).flatmap(with_faults)
KEYS = st.one_of(
    st.just(names.node_key("bad").encode()), st.binary(max_size=40).map(names.NODES_PREFIX.encode().__add__)
)


@hunting(150)
@given(written=st.dictionaries(KEYS, ENTRIES, min_size=1, max_size=3))
async def test_whatever_a_node_writes_of_itself_the_others_are_known_and_told(written: dict[bytes, bytes]) -> None:
    refused: list[None] = []
    directory = EtcdNodeDirectory(EtcdSettings(), lambda: refused.append(None))
    good = {names.node_key("good").encode(): msgspec.json.encode(a_node_record("good"))}
    directory._replace((written | good).items())
    assert len(directory.nodes()) + len(refused) == len(written | good)
    catalog = CatalogServicer(CatalogAppService(nodes=LiveNodes(directory=directory)))
    nodes = await catalog.ListNodes(pb.ListNodesRequest(), NO_CONTEXT)
    languages = await catalog.ListLanguages(pb.ListLanguagesRequest(), NO_CONTEXT)
    assert "good" in {node.id for node in pb.ListNodesResponse.FromString(nodes.SerializeToString()).nodes}
    assert "python" in {
        one.name for one in pb.ListLanguagesResponse.FromString(languages.SerializeToString()).languages
    }

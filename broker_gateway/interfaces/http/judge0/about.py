"""What Judge0 says of itself, as far as it is true of this gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from broker_gateway.interfaces.http.judge0.measures import FIXED, MEASURES
from broker_gateway.interfaces.http.judge0.submitting import MAX_BATCH
from schemas.node import NodeRecord
from schemas.status import NodeState

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

VERSION = "1.13.1"
"""Of the API. By it Judge0's SDK knows which number a language has."""
ABOUT = {
    "version": VERSION,
    "homepage": "CodeRunner, which speaks the API of Judge0 CE",
    "source_code": "CodeRunner",
    "maintainer": "the operator of this gateway",
}
LICENSE = "This is not Judge0, but CodeRunner, which speaks its API. CodeRunner is under the Apache License 2.0.\n"
ISOLATE = "No isolate: programs run in the sandbox of CodeRunner.\n"
_SWITCHES: Mapping[str, Any] = {
    "maintenance_mode": False,
    "enable_wait_result": True,
    "enable_compiler_options": True,
    "allowed_languages_for_compile_options": [],
    "enable_command_line_arguments": True,
    "enable_submission_delete": False,
    "enable_callbacks": True,
    "enable_additional_files": True,
    "enable_per_process_and_thread_time_limit": False,
    "allow_enable_per_process_and_thread_time_limit": False,
    "enable_per_process_and_thread_memory_limit": False,
    "allow_enable_per_process_and_thread_memory_limit": False,
    "redirect_stderr_to_stdout": False,
    "enable_batched_submissions": True,
    "max_submission_batch_size": MAX_BATCH,
    "submission_cache_duration": 0.0,
    "use_docs_as_homepage": False,
    "allow_enable_network": False,
    "enable_network": False,
    "disable_implicit_base64_encoding": True,
}


def config_info(parts: DialectParts) -> dict[str, Any]:
    """What is switched on, and the limits: what a submission gets that asks for nothing, and what it may ask."""
    limits, attempts = parts.limits, parts.attempts
    told = {
        **_SWITCHES,
        "max_queue_size": parts.queue_limit,
        "max_extract_size": parts.source.max_bytes // 1024,
        "callbacks_max_tries": attempts.max_attempts,
        "callbacks_timeout": attempts.timeout_s,
    }
    for fixed in FIXED:
        told |= {fixed.name: fixed.value, f"max_{fixed.name}": fixed.most}
    for measure in MEASURES:
        told |= {measure.name: measure.usual(limits), f"max_{measure.name}": measure.allowed(limits)[1]}
    return told


def by_pool(nodes: Iterable[NodeRecord]) -> dict[str, list[NodeRecord]]:
    """The nodes of each pool, by its name."""
    pools: dict[str, list[NodeRecord]] = defaultdict(list)
    for node in nodes:
        for pool in node.pools:
            pools[pool].append(node)
    return dict(sorted(pools.items()))


def workers(pool: str, nodes: list[NodeRecord], waiting: int) -> dict[str, Any]:
    """A pool of ours as a queue of Judge0's, and the places of its nodes as workers."""
    ready = [node for node in nodes if node.state is NodeState.READY]
    return {
        "queue": pool,
        "size": waiting,
        "available": sum(node.capacity for node in nodes),
        "idle": sum(max(node.capacity - node.running, 0) for node in ready),
        "working": sum(node.running for node in nodes),
        "paused": sum(node.capacity for node in nodes if node.state is NodeState.DRAINING),
        "failed": 0,  # a node that failed is in no list
    }


def system_info(nodes: Iterable[NodeRecord]) -> dict[str, str]:
    """What is known of the machines that run submissions, all together."""
    all_nodes = list(nodes)
    return {
        "Nodes": str(len(all_nodes)),
        "Tasks at once": str(sum(node.capacity for node in all_nodes)),
        "Tasks running": str(sum(node.running for node in all_nodes)),
        "Sandbox": ", ".join(sorted({node.sandbox_runtime for node in all_nodes})),
    }

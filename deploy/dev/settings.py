"""Names that starting and stopping the demo must agree on."""

from __future__ import annotations

NODE_ID = "demo"
NODE_LABEL = f"coderunner.node={NODE_ID}"
"""The label of the demo node's slot containers."""
SERVICES_IN_ORDER = ("nats", "etcd", "gateway", "node", "blog")
"""Started in this order, stopped in the other."""

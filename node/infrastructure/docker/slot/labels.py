"""The labels on a slot's container, by which a later start of a node finds its own containers again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlotLabels:
    """The labels of one container. What is missing, or is no label of ours, is empty or None."""

    node_id: str
    language: str
    role: str
    uid: int | None
    spec: str
    """Digest of the ``ContainerSpec`` from which the container was made."""

    @classmethod
    def read(cls, labels: Mapping[str, str], prefix: str) -> SlotLabels:
        """The labels as the engine lists them; ``prefix`` is that of the node's settings."""
        node_id, language, role, uid, spec = (
            labels.get(f"{prefix}.{key}", "") for key in ("node", "language", "role", "uid", "spec")
        )
        return cls(node_id, language, role, int(uid) if uid.isdecimal() else None, spec)

    def as_dict(self, prefix: str) -> dict[str, str]:
        """The labels as the engine's create call takes them."""
        uid = "" if self.uid is None else str(self.uid)
        values = {"node": self.node_id, "language": self.language, "role": self.role, "uid": uid, "spec": self.spec}
        return {f"{prefix}.{key}": value for key, value in values.items()}


def slot_filter(prefix: str) -> str:
    """The label that every slot's container carries, of whatever node."""
    return f"{prefix}.uid"

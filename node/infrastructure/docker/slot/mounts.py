"""The volumes that containers have: precompiled headers, layers of packages, and the folder of an installer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from node.domain.layers import INSTALL_PATH, LAYERS_PATH

PRECOMPILED_PATH = "/precompiled"
"""Where compile slots read what was precompiled, and its maker writes it."""
PRECOMPILED_LABEL = "coderunner.precompiled"
"""On every volume with precompiled headers."""
LAYERS_LABEL = "coderunner.layers"
"""On every volume with layers."""
SCRATCH_LABEL = "coderunner.installing"
"""On every folder of an installer."""
_DOWNLOADS = 4
"""Files that an installer has beside those of its layer, for each of these."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folder of one installer: a file system in memory, which is gone once no container has it."""

    volume: str
    node_id: str
    """Whose it is."""
    size: int
    """In bytes."""
    files: int


def precompiled_mount(volume: str, *, read_only: bool = True) -> dict[str, Any]:
    """The mount of a volume with precompiled headers; the engine makes the volume at need."""
    return _mount(volume, PRECOMPILED_PATH, read_only, {PRECOMPILED_LABEL: "1"})


def layers_mount(volume: str, *, read_only: bool = True) -> dict[str, Any]:
    """The mount of the volume with layers; the engine makes it at need. What is added to it appears in every slot."""
    return _mount(volume, LAYERS_PATH, read_only, {LAYERS_LABEL: "1"})


def scratch_mount(scratch: Scratch, *, read_only: bool = False) -> dict[str, Any]:
    """The mount of an installer's folder; the engine makes it at need."""
    mount = _mount(scratch.volume, INSTALL_PATH, read_only, {SCRATCH_LABEL: scratch.node_id})
    inodes = _DOWNLOADS * scratch.files
    options = f"size={scratch.size},nr_inodes={inodes},mode=1777,nosuid,nodev"
    driver = {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs", "o": options}}
    return {**mount, "VolumeOptions": {**mount["VolumeOptions"], "DriverConfig": driver}}


def _mount(volume: str, target: str, read_only: bool, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": volume,
        "Target": target,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": True, "Labels": labels},
    }

"""The part of the server's metadata that data cannot say: it depends on the client of its own version."""

from __future__ import annotations

from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class OwnVersionHook(MetadataHookInterface):
    """Adds ``coderunner`` in the same version to the dependencies that pyproject.toml lists."""

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = [f"coderunner=={metadata['version']}", *self.config["dependencies"]]

"""Sandboxes as Docker containers. The engine's SDK is used in this package only."""

from node.infrastructure.docker.pool.pool import DockerSandboxPool
from node.infrastructure.docker.settings import DockerSettings, Isolation

__all__ = ["DockerSandboxPool", "DockerSettings", "Isolation"]

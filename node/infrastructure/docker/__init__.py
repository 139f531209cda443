"""Sandboxes as Docker containers. The engine's SDK is used in this package only.

Each part uses only those before it: ``settings``; ``engine``, the client of the container engine; ``agent_link``, the
line to the agent in a container; ``slot``, one container that runs one program at a time; ``layers``, packages that
are installed in slots of their own; ``pool``, the slots of all languages, handed to tasks.
"""

from node.infrastructure.docker.pool.pool import DockerSandboxPool
from node.infrastructure.docker.settings import DockerSettings, Isolation

__all__ = ["DockerSandboxPool", "DockerSettings", "Isolation"]

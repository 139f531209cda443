"""Which OCI runtimes the engine of this machine can start containers with."""

from __future__ import annotations

import os

import docker

GVISOR = "runsc"
_IMAGE = "coderunner/base"
_WHY_NOT = "CODERUNNER_RUNSC_MISSING"
"""Where ``make test`` says why it could not install gVisor."""


def why_not(client: docker.DockerClient, runtime: str) -> str:
    """Empty where a container starts under that runtime."""
    if runtime not in client.info()["Runtimes"]:
        said = os.environ.get(_WHY_NOT, "`make test` installs it where it can")
        return f"the engine has no runtime {runtime}: {said}"
    try:
        client.containers.run(_IMAGE, ["true"], runtime=runtime, network_mode="none", remove=True)
    except docker.errors.APIError as error:
        return f"{runtime} starts no container on this machine: {error.explanation}"
    return ""

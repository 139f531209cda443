"""The images of what runs beside the sandboxes: ``coderunner/services`` (gateway, node, NATS, etcd), made of a commit,
and those that ``deploy/compose`` has a folder with a Dockerfile for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from dev.console import say
from dev.paths import REPOSITORY
from sandbox.builder.bootstrap import DEFAULT_BASE
from sandbox.builder.build import PROXY_NAMES, provide_base
from sandbox.builder.content import ImageSource, discover
from sandbox.builder.engine import Engine

COMPOSE = Path("deploy", "compose")
DOCKERFILE = COMPOSE / "Dockerfile"
TRUSTED = Path("requirements", "trusted.crt")
"""In the context of the services' image: the certificates by which this machine knows the index of its packages."""


def build_services(engine: Engine, commit: str) -> ImageSource:
    """Builds ``coderunner/services`` from the commit; the engine takes what has not changed from its cache. Raises
    ImageError."""
    with tempfile.TemporaryDirectory(prefix="coderunner-services-") as scratch:
        services = services_image(REPOSITORY, Path(scratch), os.environ.get("PIP_CERT", ""), commit)
        provide_base(engine, DEFAULT_BASE, False, say)
        engine.build(services, commit, _build_arguments(services), False, say)
    return services


def services_image(repository: Path, folder: Path, trusted: str, commit: str = "HEAD") -> ImageSource:
    """The image of gateway, node, NATS and etcd, from the commit, laid out in ``folder``. ``trusted``: a file of
    certificates, or empty."""
    archive = subprocess.run(["git", "archive", commit], cwd=repository, capture_output=True, check=True).stdout
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive, check=True)
    shutil.copy(folder / DOCKERFILE, folder / "Dockerfile")
    if trusted:
        shutil.copy(trusted, folder / TRUSTED)
    return ImageSource("services", folder)


def build_neighbours(engine: Engine) -> None:
    """Builds what ``deploy/compose`` has a folder for. Raises ImageError."""
    for source in discover(REPOSITORY / COMPOSE).values():
        provide_base(engine, DEFAULT_BASE, False, say)
        engine.build(source, "", _build_arguments(source), False, say)


def _build_arguments(source: ImageSource) -> dict[str, str]:
    proxies = {name: os.environ[name] for name in PROXY_NAMES if name in os.environ}
    has_own_trust = (source.directory / TRUSTED).exists()
    return {"BASE": DEFAULT_BASE, **proxies} | ({"PIP_CERT": f"/build/{TRUSTED}"} if has_own_trust else {})

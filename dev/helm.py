"""Helm for the chart's tests: the machine's own, or else built from its Go module, once per version."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from dev.console import SetupError, step
from dev.locks import exclusive
from dev.paths import VENV

MODULE = "helm.sh/helm/v3"
VERSION = "v3.22.0"
_BUILT = VENV / "go" / f"helm-{VERSION}"


def ensure_helm() -> None:
    """Builds it where it is missing, which takes minutes. Raises SetupError."""
    if _is_there():
        return
    with exclusive("helm"):
        if _is_there():
            return
        if shutil.which("go") is None:
            raise SetupError("The chart's tests need Helm 3 (`helm` on the path), or Go to build it.")
        with step(f"building Helm {VERSION} from its Go module (minutes)"):
            _build()


def helm_program() -> Path:
    """The machine's own, or else the one that was built. Raises FileNotFoundError."""
    found = shutil.which("helm")
    path = Path(found) if found else _BUILT / "helm"
    if not path.is_file():
        raise FileNotFoundError("helm is not installed: run `make helm`")
    return path


def _build() -> None:
    command = ["go", "install", "-trimpath", "-ldflags=-s -w", f"{MODULE}/cmd/helm@{VERSION}"]
    # A Go that is too old for it fetches the one that it asks for.
    environment = {**os.environ, "GOBIN": str(_BUILT), "GOTOOLCHAIN": "auto"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupError(f"go install failed; its last words:\n{done.stderr[-2000:]}")


def _is_there() -> bool:
    try:
        return helm_program().is_file()
    except FileNotFoundError:
        return False

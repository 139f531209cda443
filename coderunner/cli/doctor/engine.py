"""The Docker engine and the sandbox images."""

from __future__ import annotations

import os
import socket
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from coderunner.cli.doctor.finding import Finding, ok, skipped, warning, wrong
from coderunner.cli.doctor.host import CHECKOUT, CLIENTS_MACHINE, is_clients_machine

_PATIENCE_S = 5
_SOCKET = "unix:///var/run/docker.sock"
_OLDEST_API = (1, 40)  # Docker 19.03
_INSTALL = "apt-get install -y docker.io && systemctl start docker"


def engine() -> Iterator[Finding]:
    """Checks that an engine answers, is new enough, and can enforce what the sandbox relies on."""
    if is_clients_machine():
        yield skipped("docker", f"{CLIENTS_MACHINE}: programs run elsewhere")
        return
    try:
        with _connected() as client:
            version, info = client.version(), client.info()
    except Exception as error:  # noqa: BLE001 - the SDK lets many kinds through; each means that no engine answers
        yield _unreachable(error)
        return
    api = version.get("ApiVersion", "0.0")
    if tuple(int(number) for number in api.split(".")) < _OLDEST_API:
        yield wrong("docker", f"engine {version.get('Version')} speaks API {api}; 1.40 or newer is needed", _INSTALL)
    else:
        yield ok("docker", f"engine {version.get('Version')}, API {api}, cgroup v{info.get('CgroupVersion', '1')}")
    yield from _abilities(info)


def images() -> Iterator[Finding]:
    """Checks that each default language whose definition is installed here has its image; the others have theirs where
    somebody has added them."""
    if is_clients_machine():
        yield skipped("images", f"{CLIENTS_MACHINE}: programs run elsewhere")
        return
    definitions = sorted((CHECKOUT / "sandbox" / "languages").glob("*.toml"))
    if not definitions:
        yield skipped("images", "no language definitions are installed here to compare with")
        return
    try:
        with _connected() as client:
            present = {tag.removesuffix(":latest") for image in client.images.list() for tag in image.tags}
    except Exception:  # noqa: BLE001 - as above; the engine's own check says why
        yield skipped("images", "no Docker engine answers")
        return
    read = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in definitions}
    default = {name: language for name, language in read.items() if language.get("default")} or read
    wanted = {name: language["image"].removesuffix(":latest") for name, language in default.items()}
    missing = {name: image for name, image in wanted.items() if image not in present}
    for name, image in missing.items():
        build = f"python -m sandbox.builder --only {image.partition('/')[2]}"
        yield wrong("images", f"{image} for {name} is missing", build)
    if not missing:
        yield ok("images", f"all {len(wanted)} are there: {', '.join(wanted)}")


@contextmanager
def _connected() -> Iterator[Any]:
    import docker  # noqa: PLC0415 - only doctor needs it, and half a second

    address = os.environ.get("DOCKER_HOST") or _SOCKET
    if address.startswith("unix://"):  # docker-py leaks its socket where the engine is away
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(address.removeprefix("unix://"))
    with closing(docker.from_env(timeout=_PATIENCE_S)) as client:
        yield client


def _unreachable(error: Exception) -> Finding:
    address = os.environ.get("DOCKER_HOST") or _SOCKET
    words = str(error)
    if "Permission denied" in words:
        mend = "usermod -aG docker $USER, then log in again (or run as root)"
        return wrong("docker", f"the engine at {address} refuses this user", mend)
    if "No module named" in words:
        return wrong("docker", "the Python package docker is missing", "pip install docker")
    return wrong("docker", f"no engine answers at {address}", _INSTALL)


def _abilities(info: dict[str, Any]) -> Iterator[Finding]:
    security = info.get("SecurityOptions") or []
    if any("name=seccomp" in option for option in security):
        yield ok("seccomp", "the engine filters system calls")
    else:
        yield wrong("seccomp", "the engine was built or started without seccomp", _INSTALL)
    lacking = [name for name in ("MemoryLimit", "PidsLimit") if not info.get(name)]
    if lacking:
        mend = "add 'cgroup_enable=memory swapaccount=1' to the kernel's command line and reboot"
        yield wrong("cgroup", f"the kernel cannot enforce {', '.join(lacking)}", mend)
    elif not info.get("SwapLimit"):
        mend = "swapoff -a (or add 'swapaccount=1' to the kernel's command line)"
        yield warning("cgroup", "swap cannot be limited: a task may swap beyond its memory limit", mend)
    else:
        yield ok("cgroup", f"memory, swap and process limits, driver {info.get('CgroupDriver', 'unknown')}")
    yield _runtime(info, os.environ.get("CODERUNNER_NODE_OCI_RUNTIME", ""))


def _runtime(info: dict[str, Any], wanted: str) -> Finding:
    runtimes = sorted(name for name in info.get("Runtimes") or {} if not name.startswith("io.containerd."))
    if wanted and wanted not in runtimes:
        mend = f"add {wanted} to 'runtimes' in /etc/docker/daemon.json, then systemctl restart docker"
        return wrong("runtime", f"the engine does not know {wanted}, only {', '.join(runtimes)}", mend)
    return ok("runtime", f"{', '.join(runtimes)}; default {info.get('DefaultRuntime', 'unknown')}")

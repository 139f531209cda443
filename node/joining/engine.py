"""Makes sure of a Docker engine and of the sandbox images in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from node.joining.errors import JoinError
from node.joining.machine import Machine

Say = Callable[[str], None]

PACKAGES = ("docker.io", "iptables", "ca-certificates")
_WITH_A_CLIENT_OF_ITS_OWN = 13
"""From this Debian on the command ``docker`` is a package of its own."""
_START_S = 120.0
_APT_GET = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


def ensure_engine(machine: Machine, say: Say) -> None:
    """Installs and starts an engine unless one answers. Raises JoinError."""
    if machine.engine_answers():
        say("the Docker engine answers")
        return
    if not machine.finds("dockerd"):
        _install(machine, say)
    if not machine.engine_answers():
        _start(machine, say)


def ensure_images(machine: Machine, say: Say, program: str) -> None:
    """Builds the images that are out of date. Raises JoinError."""
    say("builds the sandbox images that are not there yet (the first time, for minutes)")
    machine.run(program, "images", "build", shown=True)


def _install(machine: Machine, say: Say) -> None:
    release = _release(machine.root)
    names = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if not names & {"debian", "ubuntu"} or not machine.finds("apt-get"):
        raise JoinError("no Docker engine answers and this is not Debian: install one, start it, and repeat this")
    packages = [*PACKAGES, *_also(machine.root, release)]
    say(f"installs Debian's packages {', '.join(packages)}")
    machine.run(*_APT_GET, "update")
    machine.run(*_APT_GET, "install", "--yes", "--no-install-recommends", *packages)


def _also(root: Path, release: dict[str, str]) -> list[str]:
    number = release.get("VERSION_ID", "")
    client = release.get("ID") == "debian" and number.isdigit() and int(number) >= _WITH_A_CLIENT_OF_ITS_OWN
    enabled = root / "sys/module/apparmor/parameters/enabled"
    confined = enabled.exists() and enabled.read_text(encoding="ascii").strip() == "Y"
    return [*(["docker-cli"] if client else []), *(["apparmor"] if confined else [])]


def _release(root: Path) -> dict[str, str]:
    try:
        lines = (root / "etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in lines)}


def _start(machine: Machine, say: Say) -> None:
    say("starts the Docker engine")
    if machine.has_systemd():
        machine.run("systemctl", "enable", "--now", "docker")
    elif (machine.root / "etc/init.d/docker").exists():
        machine.run("service", "docker", "start")
    else:
        raise JoinError("no Docker engine answers and nothing here starts one: start `dockerd`, and repeat this")
    if not machine.engine_answers(_START_S):
        raise JoinError(f"the Docker engine does not answer within {_START_S:g} s: `journalctl -u docker` says why")

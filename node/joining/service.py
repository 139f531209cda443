"""The node as a service of systemd: its user, its unit (deploy/systemd/coderunner-node.service), its start."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from node.joining.engine import Say
from node.joining.errors import JoinError, WrongInputError
from node.joining.machine import Machine
from node.joining.node_file import Places
from node.joining.writing import PUBLIC, hand_over, write_file

USER = "coderunner-node"
SERVICE = "coderunner-node"
_GROUP = "docker"
_PACKAGE = Path(__file__).resolve().parents[1]
_ITS_PROGRAM = "/opt/coderunner/bin/coderunner-node"
_ITS_SETTINGS = "/etc/coderunner/node.toml"
_PLAIN = re.compile(r"/[A-Za-z0-9/._+@-]+")
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - nothing is put there
"""What the unit does not let the service see (``ProtectHome``, ``PrivateTmp``)."""
_READY_S = 120.0


def refuse_hidden(paths: Iterable[str]) -> None:
    """Raises WrongInputError for a place that a service of systemd could not look at, or not be told of."""
    for path in paths:
        if not _PLAIN.fullmatch(path):
            raise WrongInputError(f"{path!r} cannot stand in a unit of systemd: choose a path of letters and digits")
        hidden = next((one for one in _HIDDEN if Path(path).is_relative_to(one)), None)
        if hidden:
            raise WrongInputError(
                f"{path} is below {hidden}, which the service does not see: install coderunner-server below /opt, or "
                "join with --no-setup"
            )


def unit_file() -> Path:
    """The unit: in this package where a wheel was installed, beside its page in a checkout."""
    installed = _PACKAGE / "coderunner-node.service"
    return installed if installed.exists() else _PACKAGE.parent / "deploy" / "systemd" / "coderunner-node.service"


def unit_text(program: str, settings: Path) -> str:
    """The unit for a node whose program and settings are elsewhere than its page has them."""
    text = unit_file().read_text(encoding="utf-8")
    return text.replace(_ITS_PROGRAM, program).replace(_ITS_SETTINGS, str(settings))


def ensure_user(machine: Machine, say: Say) -> None:
    """The user that the service runs as, and that uses the engine. Raises JoinError."""
    if not machine.has_group(_GROUP):
        raise JoinError(
            f"there is no group {_GROUP}, whose members may use the engine: add it, restart the engine, and repeat this"
        )
    if machine.owner(USER) is None:
        say(f"adds the user {USER}")
        machine.run("useradd", "--system", "--home-dir", "/nonexistent", "--groups", _GROUP, USER)


def hand_over_files(machine: Machine, places: Places) -> None:
    """The service reads what nobody else may. Raises OSError."""
    owner = machine.owner(USER)
    assert owner is not None  # noqa: S101 - ensure_user
    for path in (places.settings, places.seed):
        hand_over(path, owner)


def renew_service(machine: Machine, say: Say) -> None:
    """Has a service that runs already take settings that are others now. Raises JoinError."""
    if _unit(machine).exists():
        say(f"starts {SERVICE} again, if it runs (what it is at may finish first)")
        machine.run("systemctl", "try-restart", SERVICE)


def ensure_service(machine: Machine, say: Say, program: str, places: Places) -> None:
    """The unit, enabled and running; started again where it is another now. Raises JoinError, OSError."""
    unit = _unit(machine)
    unit.parent.mkdir(parents=True, exist_ok=True)
    if write_file(unit, unit_text(program, places.settings).encode(), PUBLIC):
        say(f"has systemd run {unit}")
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "enable", SERVICE)
        machine.run("systemctl", "restart", SERVICE)
    else:
        machine.run("systemctl", "enable", "--now", SERVICE)


def _unit(machine: Machine) -> Path:
    return machine.root / f"etc/systemd/system/{SERVICE}.service"


def readiness(machine: Machine, address: str) -> str:
    """What the started node says of itself, in words, once it is ready or time is up."""
    told = machine.node_health(address, _READY_S)
    if told.get("ready"):
        return "it takes tasks"
    missing = [
        f"{name}: {part.get('says')}"
        for name, part in told.get("parts", {}).items()
        if part.get("needed") and not part.get("works")
    ]
    return f"it is not ready yet ({'; '.join(missing) or 'it does not answer'}): `journalctl -u {SERVICE}` tells more"

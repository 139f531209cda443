"""A machine whose every command is written down and does what it would."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.joining.errors import JoinError
from node.joining.writing import Owner

DEBIAN_12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
DEBIAN_13 = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n'
PROGRAM = "/opt/coderunner/bin/coderunner-node"
READY: dict[str, Any] = {"ready": True, "parts": {}}


@dataclass
class FakeMachine:
    """A fresh Debian unless it is told otherwise: systemd, ``apt-get`` and nothing else."""

    root: Path
    release: str = DEBIAN_12
    administrator: bool = True
    systemd: bool = True
    engine: bool = False
    programs: set[str] = field(default_factory=lambda: {"apt-get"})
    users: dict[str, Owner] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    fails: str = ""
    """Begins the command that fails."""
    starts_in_vain: bool = False
    health: dict[str, Any] = field(default_factory=lambda: READY)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.root / "etc").mkdir(parents=True)
        (self.root / "etc/os-release").write_text(self.release, encoding="utf-8")

    def is_administrator(self) -> bool:
        return self.administrator

    def has_systemd(self) -> bool:
        return self.systemd

    def finds(self, program: str) -> bool:
        return program in self.programs

    def program(self) -> str:
        return PROGRAM

    def run(self, *command: str, shown: bool = False) -> None:
        words = " ".join(command)
        self.commands.append(words)
        if self.fails and words.startswith(self.fails):
            raise JoinError(f"`{words}` failed (exit code 100); its last words:\nE: no such package")
        if "docker.io" in command:
            self.programs.add("dockerd")
            self.groups.add("docker")
        if words in ("systemctl enable --now docker", "service docker start"):
            self.engine = not self.starts_in_vain
        if command[0] == "useradd":
            self.users[command[-1]] = Owner(self.root.stat().st_uid, self.root.stat().st_gid)

    def engine_answers(self, within_s: float = 0.0) -> bool:
        return self.engine

    def owner(self, user: str) -> Owner | None:
        return self.users.get(user)

    def has_group(self, group: str) -> bool:
        return group in self.groups

    def node_health(self, address: str, within_s: float) -> dict[str, Any]:
        self.commands.append(f"GET {address}")
        return self.health

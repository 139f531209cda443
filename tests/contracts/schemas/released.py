"""The golden file of each released version: what it writes on the bus and in etcd, and by which rules it reads.

``python -m tests.contracts.schemas.released`` writes the one of the version in ``VERSION``, once: when it is tagged the
file may never change again, which its line in ``versions/SHA256SUMS`` holds it to."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from schemas import topology
from schemas.status import Priority
from tests.contracts.schemas.examples import CLIENT, ID_SECRET, IDEMPOTENCY_KEY, SEAL_KEY, examples
from tests.contracts.schemas.wire_schema import wire_schema

FOLDER = Path(__file__).with_name("versions")
SUMS = FOLDER / "SHA256SUMS"
REPOSITORY = Path(__file__).parents[3]
FIXED_OF_STREAMS = ("name", "subjects", "storage", "retention", "discard", "republish", "max_msgs_per_subject")
"""What two versions may not set differently for one stream; sizes and ages are an operator's."""


@dataclass(frozen=True, slots=True)
class Release:
    """One golden file. ``content`` is the JSON in it."""

    version: str
    content: dict[str, Any]

    @property
    def messages(self) -> dict[str, dict[str, Any]]:
        """By kind: ``type``, ``place`` and ``message``."""
        found: dict[str, dict[str, Any]] = self.content["messages"]
        return found

    @property
    def types(self) -> dict[str, Any]:
        """The definitions of its JSON schema."""
        found: dict[str, Any] = self.content["schema"]
        return found


def releases() -> list[Release]:
    """All that there are, by name of their files."""
    return [Release(path.stem, json.loads(path.read_bytes())) for path in sorted(FOLDER.glob("*.json"))]


def present(version: str) -> dict[str, Any]:
    """What the programs of this checkout would have as their golden file."""
    return {
        "version": version,
        "secrets": {
            "client": CLIENT,
            "idempotency_key": IDEMPOTENCY_KEY,
            "id_secret": ID_SECRET.decode(),
            "seal_key": SEAL_KEY,
        },
        "streams": fixed_of_streams(),
        "consumers": consumers(),
        "messages": {
            kind: {
                "type": type(one.message).__name__,
                "place": one.place,
                "message": msgspec.to_builtins(one.message),
            }
            for kind, one in examples().items()
        },
        "schema": json.loads(wire_schema()),
    }


def fixed_of_streams() -> dict[str, dict[str, Any]]:
    """By name."""
    made = topology.streams(topology.BusLimits())
    return {config["name"]: {key: config.get(key) for key in FIXED_OF_STREAMS} for config in made}


def consumers() -> dict[str, Any]:
    """The durable consumers that programs of two versions share, by name: one of a queue for all of them."""
    found = [
        topology.relay_consumer(),
        topology.progress_consumer(),
        topology.task_consumer("pool", Priority.LOW, lane=1),
    ]
    histories = {f"history on {stream}": config for stream, config in topology.history_consumers().items()}
    return {config["durable_name"]: config for config in found} | histories


def sums() -> dict[str, str]:
    """The listed digests by file name, as ``sha256sum`` writes them."""
    lines = (line.split() for line in SUMS.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in lines}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(version: str) -> Path:
    """Writes the version's golden file and lists its digest. Raises ValueError for a version that is tagged."""
    if is_tagged(version):
        raise ValueError(f"version {version} is tagged: what it writes is what it writes; set another in VERSION")
    path = FOLDER / f"{version}.json"
    path.write_text(json.dumps(present(version), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    listed = (sums() if SUMS.exists() else {}) | {path.name: digest(path)}
    SUMS.write_text("".join(f"{one}  {name}\n" for name, one in sorted(listed.items())), encoding="utf-8")
    return path


def is_tagged(version: str) -> bool:
    """True if this repository has the version's tag."""
    command = ["git", "tag", "--list", f"v{version}"]
    return bool(subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.strip())


def is_current(version: str) -> bool:
    """True if the version's golden file says what the programs of this checkout write."""
    path = FOLDER / f"{version}.json"
    return path.exists() and json.loads(path.read_bytes()) == present(version)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the golden file of the version in VERSION.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where it is not what is written now")
    options = parser.parse_args(arguments)
    version = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
    try:
        if options.check and not is_current(version):
            raise ValueError(f"the golden file of {version} is not what is written now: write it again")
        path = FOLDER / f"{version}.json" if options.check else write(version)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(path.relative_to(REPOSITORY))
    return 0


if __name__ == "__main__":
    sys.exit(main())

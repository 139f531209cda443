"""The plain tool of an image: the same command in a container of its own, as the same user, with pipes for its standard
streams."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence

from node.infrastructure.languages import load_language
from tests.integration.agent.attached import REPOSITORY, AttachedAgent, Report

_START = (
    "import json, os, sys;"
    "files, command = json.loads(sys.argv[1]);"
    "os.chdir('/workspace');"
    "[open(name, 'w', newline='').write(text) for name, text in files.items()];"
    "os.execvp(command[0], command)"
)


def plain(
    slot: AttachedAgent, language: str, files: Mapping[str, str], command: Sequence[str], stdin: bytes = b""
) -> tuple[int | None, bytes, bytes]:
    """Exit code, standard output and standard error of the command in the image of the language, beside the slot."""
    uid = slot.config["uid"]
    image = load_language(REPOSITORY / "sandbox" / "languages" / f"{language}.toml").image
    environment = [part for pair in slot.config["env"].items() for part in ("-e", "=".join(pair))]
    done = subprocess.run(
        ["docker", "run", "-i", "--rm", "--network=none", "--read-only", f"--user={uid}:{uid}", *environment,
         f"--tmpfs=/workspace:exec,mode=0700,uid={uid}", "--tmpfs=/tmp:exec,mode=1777", "--entrypoint=python3", image,
         "-c", _START, json.dumps([dict(files), list(command)])],
        input=stdin, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def as_told(report: Report) -> tuple[int | None, bytes, bytes]:
    """The same of a program in a slot. Fails where its slot was not clean after it."""
    assert report.clean["ok"], report.clean
    return report.exit_code, report.stdout, report.stderr

"""The plain tool of an image: a command in a container of its own, as a user without powers, with pipes for its
standard streams."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence

_START = (
    "import json, os, sys;"
    "files, command = json.loads(sys.argv[1]);"
    "os.chdir('/workspace');"
    "[open(name, 'w', newline='').write(text) for name, text in files.items()];"
    "os.execvp(command[0], command)"
)
_USUAL_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}


def plain_in_image(
    image: str,
    files: Mapping[str, str],
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    uid: int = 12345,
    env: Mapping[str, str] = _USUAL_ENVIRONMENT,
) -> subprocess.CompletedProcess[bytes]:
    """How the command ended in a container of the image, among the files."""
    environment = [part for pair in env.items() for part in ("-e", "=".join(pair))]
    return subprocess.run(
        ["docker", "run", "-i", "--rm", "--network=none", "--read-only", f"--user={uid}:{uid}", *environment,
         f"--tmpfs=/workspace:exec,mode=0700,uid={uid}", "--tmpfs=/tmp:exec,mode=1777", "--entrypoint=python3", image,
         "-c", _START, json.dumps([dict(files), list(command)])],
        input=stdin, capture_output=True, check=False,
    )  # fmt: skip

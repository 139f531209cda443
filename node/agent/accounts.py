"""The account files of the slot, ``/etc/passwd`` and ``/etc/group``, in which its user and group have a name.

A slot's uid is known when its container is made, and the image is read-only: the agent image has links in their place,
which lead into a small file system that is root's. What the image itself had there follows the slot's own line.
"""

from __future__ import annotations

import os

from .config import AgentConfig

NAME = "coderunner"
_OWN = "/run/coderunner"
_OF_THE_IMAGE = "/opt/coderunner/accounts"


def name_user(config: AgentConfig, own: str = _OWN, of_the_image: str = _OF_THE_IMAGE) -> None:
    """Writes both files. The user's home is the ``HOME`` of its programs."""
    home = config.env.get("HOME", "/")
    lines = {
        "passwd": f"{NAME}:x:{config.uid}:{config.gid}::{home}:/bin/sh\n",
        "group": f"{NAME}:x:{config.gid}:\n",
    }
    for file, line in lines.items():
        with open(f"{of_the_image}/{file}", "rb") as others, open(f"{own}/{file}", "wb") as written:
            written.write(line.encode() + others.read())
            os.fchmod(written.fileno(), 0o444)

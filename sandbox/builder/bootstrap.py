"""Debian's base images, made locally from Debian's packages where no image registry can be reached."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import docker

from sandbox.builder.content import ImageError

DEFAULT_BASE = "debian:trixie-slim"
_BASE = re.compile(r"debian:([a-z]+)-slim")
_EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")

Say = Callable[[str], None]


def suite_of(base: str) -> str:
    """The Debian release that a base image is made of; empty for an image that cannot be made here."""
    found = _BASE.fullmatch(base)
    return found[1] if found else ""


def bootstrap_base(client: docker.DockerClient, base: str, say: Say) -> None:
    """Makes a base such as ``debian:trixie-slim`` with mmdebstrap and imports it. Raises ImageError."""
    _require_mmdebstrap(base, say)
    with tempfile.TemporaryDirectory(prefix="coderunner-base-") as scratch:
        archive = Path(scratch) / "base.tar"
        say(f"no registry answers: making {base} from Debian's packages")
        _stream(_mmdebstrap_command(suite_of(base), archive), say)
        say("importing it")
        repository, tag = base.split(":")
        changes = ["ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 'CMD ["bash"]']
        answer = client.api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=changes)
        if "error" in str(answer):
            raise ImageError(f"The engine refused the bootstrapped base: {answer!s}.")


def _mmdebstrap_command(suite: str, archive: Path) -> list[str]:
    options = ["--variant=minbase", "--dpkgopt=force-unsafe-io", '--aptopt=Acquire::Languages "none"']
    options += [f"--dpkgopt=path-exclude={pattern}" for pattern in _EXCLUDED]
    return ["mmdebstrap", *options, suite, str(archive), *_sources(suite)]


def _sources(suite: str) -> list[str]:
    """Lines for apt on the mirrors that this host itself installs from; none where they are unclear: mmdebstrap then
    takes its own."""
    main, security = _host_mirrors()
    if not main or not security:
        return []
    return [f"deb {main} {suite} main", f"deb {main} {suite}-updates main", f"deb {security} {suite}-security main"]


def _host_mirrors() -> tuple[str, str]:
    """The archive and security mirrors of this host; empty where they are unclear."""
    release = _host_release()
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    mirrors: dict[str, str] = {}
    for line in listed.splitlines():
        uri, suite, component = [*line.split(), "", "", ""][:3]
        if component == "main" and uri.startswith("http"):
            mirrors.setdefault(suite, uri)
    return mirrors.get(release, ""), mirrors.get(f"{release}-security", "")


def _host_release() -> str:
    """Codename of the host's Debian release, empty on any other system."""
    fields = dict(line.split("=", 1) for line in _os_release().splitlines() if "=" in line)
    return fields.get("VERSION_CODENAME", "").strip('"') if fields.get("ID", "").strip('"') == "debian" else ""


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""


def _require_mmdebstrap(base: str, say: Say) -> None:
    missing = [] if shutil.which("mmdebstrap") else ["mmdebstrap"]
    if not Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
        missing.append("debian-archive-keyring")
    if not missing and os.geteuid() == 0:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ImageError(
            f"No registry answers for {base}: load that image into the engine, or run this as root on Debian."
        )
    say(f"installing {' and '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        _stream(["apt-get", "-q", *arguments], say, environment)


def _stream(command: list[str], say: Say, environment: dict[str, str] | None = None) -> None:
    """Runs a command, says each line it prints. Raises ImageError with its last line if it fails."""
    last = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment
    ) as process:
        for line in process.stdout or ():
            last = line.strip() or last
            say(line.strip())
    if process.returncode:
        raise ImageError(f"{command[0]} failed: {last}.")

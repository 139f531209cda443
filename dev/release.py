"""``make release``: wheels, sdists, the npm packages and images of the version in ``VERSION``, from what is committed;
prints what it made, each with its digest. CONTRIBUTING.md has what comes before and after."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dev.console import SetupError, say, step
from dev.dist import build
from dev.environment import PROJECTS
from dev.page_element import PAGE
from dev.paths import REPOSITORY
from dev.service_images import build_services
from dev.typescript_sdk import pack
from sandbox import IMAGES_DIR
from sandbox.builder.build import build_images, wanted_images
from sandbox.builder.content import ImageError, build_order, discover
from sandbox.builder.engine import Engine

DIST = REPOSITORY / "dist"


def main() -> int:
    version = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
    try:
        _refuse_if_unready(version)
        with step(f"wheels, sdists and the npm packages of {version}"):
            files = [*distributions(DIST), pack(DIST), pack(DIST, PAGE)]
        with step(f"images of {version}"):
            images = build_all_images(version)
    except (SetupError, ImageError) as error:
        say(f"make release: {error}")
        return 1
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in files]
    (DIST / "SHA256SUMS").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for line in (*lines, *(f"{digest}  {tag}" for tag, digest in images.items())):
        say(line)
    return 0


def _refuse_if_unready(version: str) -> None:
    """Raises SetupError."""
    found = unready(REPOSITORY, version)
    golden = [sys.executable, "-m", "tests.contracts.schemas.released", "--check"]
    checked = subprocess.run(
        golden, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if checked.returncode != 0:
        found.append(checked.stderr.strip().splitlines()[-1])
    if found:
        raise SetupError("; ".join(found))


def unready(repository: Path, version: str) -> list[str]:
    """Why this checkout is not to be released as ``version``, in words."""
    found = []
    if _git(repository, "status", "--porcelain"):
        found.append("there are changes that are not committed")
    changes = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        found.append(f"CHANGELOG.md has no dated section for {version}")
    return found


def distributions(folder: Path) -> list[Path]:
    """Builds all of them into the folder, in which nothing else is left. Raises SetupError."""
    shutil.rmtree(folder, ignore_errors=True)
    return sorted(path for project in PROJECTS for path in build(project, folder))


def build_all_images(version: str) -> dict[str, str]:
    """The images' ids by tag; each has the version as its tag, and is the latest. Raises ImageError."""
    names = wanted_images([])
    build_images(names)
    engine = Engine.connect()
    services = build_services(engine, _git(REPOSITORY, "rev-parse", "HEAD"))
    made = {}
    for tag in (*(source.tag for source in build_order(discover(IMAGES_DIR), names)), services.tag):
        image = engine.client.images.get(tag)
        image.tag(tag, version)
        made[f"{tag}:{version}"] = str(image.id)
    return made


def _git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

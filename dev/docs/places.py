"""Where a file of the repository stands in the site, and which links lead there."""

from __future__ import annotations

import posixpath

_DOCS = "docs/"
PAGES = {
    "README.md": "project.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "deploy/systemd/README.md": "deploy/systemd.md",
    "deploy/compose/README.md": "deploy/compose.md",
    "deploy/grafana/README.md": "deploy/grafana.md",
    "deploy/helm/coderunner/README.md": "deploy/helm.md",
}
"""Pages that stand outside of docs/, and their places in the site."""
GENERATED = {
    "proto/coderunner/v1": "reference/grpc.md",
    "coderunner": "reference/sdk.md",
    "docs": "README.md",
    "docs/adr": "adr/README.md",
}
"""Folders in whose place the site has a page."""
PICTURES = (".png", ".svg")
_SOURCES = "source/"


def repository_path(place: str) -> str | None:
    """The file of the repository that a page of the site is; None where the page was generated."""
    for path, page in PAGES.items():
        if page == place:
            return path
    return None if place.startswith((_SOURCES, "reference/")) else _DOCS + place


def place(path: str, *, folder: bool) -> str:
    """Where the site has this file or folder of the repository, as a path below docs/."""
    if path in PAGES:
        return PAGES[path]
    if path in GENERATED:
        return GENERATED[path]
    if path.startswith(_DOCS):
        return path.removeprefix(_DOCS)
    if path.endswith(PICTURES):
        return _SOURCES + path
    return f"{_SOURCES}{path}/index.md" if folder else f"{_SOURCES}{path}.md"


def target_path(page: str, target: str) -> str | None:
    """The path in the repository that a link of a page of the repository names; None for other links."""
    bare = target.partition("#")[0]
    if not bare or "://" in bare or bare.startswith("mailto:"):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), bare))


def relative(page: str, target: str) -> str:
    """The link from one place of the site to another."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")

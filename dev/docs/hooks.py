"""MkDocs' hooks: pages from outside of docs/, generated pages, and links that lead to them."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from dev.docs import grpc_reference, sdk_reference
from dev.docs.markdown import breakable, plain_pipes, relink, targets
from dev.docs.places import GENERATED, PAGES, PICTURES, place, relative, repository_path, target_path
from dev.docs.sources import folder_page, source_page
from dev.paths import REPOSITORY

_log = logging.getLogger("mkdocs.hooks.coderunner")
_DECISIONS = "Decisions"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts all decisions into the navigation, so that a new one needs no other line."""
    decisions = sorted(path.name for path in (REPOSITORY / "docs" / "adr").glob("[0-9]*.md"))
    for section in config.nav or []:
        if isinstance(section, dict) and _DECISIONS in section:
            section[_DECISIONS] = ["adr/README.md", *(f"adr/{name}" for name in decisions)]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds what does not stand in docs/."""
    for path, where in PAGES.items():
        files.append(File.generated(config, where, content=_read(path)))
    files.append(File.generated(config, "reference/grpc.md", content=grpc_reference.page()))
    files.append(File.generated(config, "reference/sdk.md", content=sdk_reference.page()))
    for path in _linked(files):
        _add(path, files, config)
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Leads links to files of the repository to their places in the site."""
    here = page.file.src_uri
    path = repository_path(here)
    if path is None:
        return markdown
    return relink(plain_pipes(markdown), lambda target: _moved(here, path, target))


def on_page_content(html: str, **_: object) -> str:
    """Lets long names in tables break where a reader would."""
    return breakable(html)


def _linked(files: Files) -> list[str]:
    """What pages lead to, and is no page itself: files and folders of the repository."""
    found = set()
    for file in files.documentation_pages():
        page = repository_path(file.src_uri)
        if page is not None:
            found |= {target_path(page, target) for target in targets(_read(page))}
    return sorted(path for path in found - {None} if path and not _is_page(path))


def _is_page(path: str) -> bool:
    return path in PAGES or path in GENERATED or path.startswith("docs/")


def _add(path: str, files: Files, config: MkDocsConfig) -> None:
    """A link that leads nowhere is left to MkDocs, which complains of it."""
    whole = REPOSITORY / path
    if whole.is_dir():
        inside = sorted(str(one.relative_to(REPOSITORY)) for one in whole.iterdir() if _can_be_shown(one))
        files.append(File.generated(config, place(path, folder=True), content=folder_page(path, inside)))
        for one in inside:
            _add(one, files, config)
    elif whole.is_file() and files.get_file_from_path(place(path, folder=False)) is None:
        if path.endswith(PICTURES):
            files.append(File.generated(config, place(path, folder=False), abs_src_path=str(whole)))
        else:
            text = source_page(path, _read(path))
            files.append(File.generated(config, place(path, folder=False), content=text))


def _can_be_shown(path: Path) -> bool:
    return path.is_file() and path.suffix in (".py", ".toml", ".json", ".md", ".yaml", ".proto", ".c")


def _moved(here: str, page: str, target: str) -> str:
    path = target_path(page, target)
    if path is None:
        return target
    anchor = re.sub(r"^[^#]*", "", target)
    return relative(here, place(path, folder=(REPOSITORY / path).is_dir())) + anchor


def _read(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")

"""Whose pages may start and cancel runs: the blog's own. It keeps another site from spending the blog's runs in its
readers' browsers; against programs, which say what they like, are the rates."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from coderunner.backend.problems import FORBIDDEN, WRONG_TYPE, Problem

_OWN_SITES = ("same-origin", "none")
JSON = "application/json"


def require_own_page(
    *, origin: str | None, site: str | None, host: str, allowed: Collection[str] = (), is_own: bool = False
) -> None:
    """Raises Problem for a request that another site's page sends. ``origin`` and ``site``: its headers ``Origin`` and
    ``Sec-Fetch-Site``, which every browser writes and no page can. ``allowed``: the origins whose pages may; where
    there are none, those that are reached by the same ``host`` as the backend. ``is_own``: the framework itself has
    found the origin to be the blog's."""
    if origin is None:
        if site is None or site in _OWN_SITES:
            return
    elif is_own or (origin in allowed if allowed else _is_same(origin, host) and site in (None, "same-origin")):
        return
    raise Problem(FORBIDDEN, "Only the blog's own pages may do that.")


def require_json(content_type: str) -> None:
    """Raises Problem for what a form can send to any site without asking."""
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise Problem(WRONG_TYPE, f"A program is told in {JSON}.")


def _is_same(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False

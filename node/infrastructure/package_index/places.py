"""The places of one index: the addresses below which an installer may read, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

MAX_URL_CHARS = 2_048
_VISIBLE = re.compile(r"[!-~]+")
_SCOPED = re.compile(r"@[A-Za-z0-9][A-Za-z0-9._-]*%2[fF][A-Za-z0-9][A-Za-z0-9._-]*")
"""npm's name of a package with a scope, in one part of a path: decoded it is two plain ones."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


class Places:
    """Addresses that an operator has set: the index first, then where its pages lead to."""

    def __init__(self, urls: Iterable[str]) -> None:
        """Raises ValueError for what is no address of a folder."""
        self.urls = tuple(map(_folder, urls))
        if not self.urls:
            raise ValueError("an index needs an address")

    def fault(self, url: str) -> str:
        """Why nobody reads there for an installer; empty where somebody does. The host is a configured one, letter for
        letter, and no part of the path leads out of the configured folder, however it is written."""
        if len(url) > MAX_URL_CHARS:
            return f"an address of more than {MAX_URL_CHARS} characters"
        if not _VISIBLE.fullmatch(url) or "\\" in url or "#" in url:
            return "not an address"
        place = next((place for place in self.urls if url.startswith(place)), None)
        if place is None:
            return "not a place of the index"
        path = url[len(place) :].partition("?")[0]
        for part in path.split("/"):
            if _SCOPED.fullmatch(part):
                continue
            plain = unquote(part)
            if plain in (".", "..") or "/" in plain or "\\" in plain or "%" in plain:
                return "not a plain path"
        return ""


def _folder(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc) or not _VISIBLE.fullmatch(url):
        raise ValueError(f"{url!r} is no address such as https://index.example/simple/, in lower case, without a user")
    if parts.query or parts.fragment or ".." in parts.path:
        raise ValueError(f"{url!r} has more than a scheme, a host and a path")
    return url if url.endswith("/") else f"{url}/"

"""``<code-runner>`` in the pages that a generator makes: plug-ins for Sphinx and MkDocs, a file each. What a page needs
stands here once."""

from __future__ import annotations

from urllib.parse import urlencode

_SCHEMES = ("https://", "http://", "/")
_PUBLISHABLE = "crp_"
THEMES = ("", "dark", "light")


class PageSettingsError(ValueError):
    """What a site's configuration says cannot be used."""


def script_address(url: str, key: str = "", selector: str = "") -> str:
    """The address of the script that makes the blocks of a page run, with all that it has to know behind its ``#``.
    ``url``: the gateway, or the path of the blog's own backend. ``key``: publishable. ``selector``: which blocks;
    empty: those of known languages. Raises PageSettingsError."""
    if not url.startswith(_SCHEMES):
        raise PageSettingsError(f"the address of the gateway, {url!r}, begins with none of {', '.join(_SCHEMES)}")
    if key and not key.startswith(_PUBLISHABLE):
        raise PageSettingsError(f"the key is not publishable (those begin with {_PUBLISHABLE}): a page shows it to all")
    place = url.rstrip("/")
    told = {"attach": selector, "url": place} | ({"key": key} if key else {})
    return f"{place}/page/code-runner.js#{urlencode(told)}"


def style(theme: str) -> str:
    """An element for the page's head that makes it dark or light; empty where it is as the page is. Raises
    PageSettingsError."""
    if theme not in THEMES:
        raise PageSettingsError(f"the theme {theme!r} is none of dark, light")
    return f"<style>code-runner {{ color-scheme: {theme}; }}</style>" if theme else ""

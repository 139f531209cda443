"""The plug-in for Sphinx: ``extensions = ["coderunner.page.sphinx"]``, and in ``conf.py`` ``coderunner_url``,
``coderunner_key``, ``coderunner_theme``, ``coderunner_selector``."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from coderunner.page import PageSettingsError, script_address, style

_DEFAULTS = {"coderunner_url": "", "coderunner_key": "", "coderunner_theme": "", "coderunner_selector": ""}


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    for name, value in _DEFAULTS.items():
        app.add_config_value(name, value, "html", str)
    app.connect("builder-inited", _add_script)
    app.connect("html-page-context", _add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_script(app: Sphinx) -> None:
    config = app.config
    try:
        address = script_address(config.coderunner_url, config.coderunner_key, config.coderunner_selector)
        style(config.coderunner_theme)
    except PageSettingsError as error:
        raise ConfigError(f"coderunner.page.sphinx: {error}") from error
    app.add_js_file(address, loading_method="defer")


def _add_style(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    context["metatags"] = context.get("metatags", "") + style(app.config.coderunner_theme)

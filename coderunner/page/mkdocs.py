"""The plug-in for MkDocs: in ``mkdocs.yml``

plugins:
  - coderunner: {url: "https://run.example", key: crp_…, theme: "", selector: ""}
"""

from __future__ import annotations

from typing import Any

from mkdocs.config.base import Config
from mkdocs.config.config_options import ExtraScriptValue, Type
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin

from coderunner.page import PageSettingsError, script_address, style


class Settings(Config):  # type: ignore[no-untyped-call]  # what MkDocs does to subclasses has no types
    """What ``mkdocs.yml`` says of it."""

    url: Any = Type(str)
    key: Any = Type(str, default="")
    theme: Any = Type(str, default="")
    selector: Any = Type(str, default="")


class CodeRunnerPlugin(BasePlugin[Settings]):  # type: ignore[no-untyped-call]  # as above
    """Makes the code blocks of a site run."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Adds the script to every page."""
        try:
            script = ExtraScriptValue(script_address(self.config.url, self.config.key, self.config.selector))
            self._style = style(self.config.theme)
        except PageSettingsError as error:
            raise PluginError(f"coderunner: {error}") from error
        script.defer = True
        config.extra_javascript.append(script)
        return config

    def on_post_page(self, output: str, **_: object) -> str:
        """Makes its blocks dark or light, where that is said."""
        return output.replace("</head>", f"{self._style}</head>", 1)

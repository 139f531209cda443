"""The reference of the Python SDK: which docstrings stand on it, and in which order (mkdocstrings reads them)."""

from __future__ import annotations

import inspect

import coderunner
from coderunner import webhooks

_SECTIONS = {
    "client": "The client",
    "program": "A program that is talked to",
    "sync": "The blocking client",
    "operations": "For operators",
    "task": "What is submitted",
    "model": "What comes back",
    "errors": "When something is wrong",
}
"""Modules by the order in which a reader needs them, and their headings."""
_STANDS_WITH = dict.fromkeys(("callback_record", "status", "diagnostic", "output_file", "test_result"), "model") | {
    "blob": "task",
    "conversation": "program",
    "sync_program": "sync",
}
_HEAD = """\
# SDK reference

Made from the docstrings of the package `coderunner`. How the parts are used is told in [the Python client](../sdk.md).
"""


def page() -> str:
    """The whole reference as Markdown with mkdocstrings' directives. Raises KeyError for a name of a new module."""
    by_module: dict[str, list[str]] = {module: [] for module in _SECTIONS}
    for name in public_names():
        module = getattr(coderunner, name).__module__
        own = module.rpartition(".")[2]
        by_module[_STANDS_WITH.get(own, own)].append(f"{module}.{name}")
    parts = [_HEAD]
    for module, paths in by_module.items():
        parts.append(f"## {_SECTIONS[module]}")
        parts += [_directive(path) for path in paths]
    parts.append("## Receiving callbacks")
    parts += [_directive(f"coderunner.webhooks.{name}") for name in webhook_names()]
    return "\n\n".join(parts) + "\n"


def public_names() -> list[str]:
    """What ``from coderunner import …`` offers."""
    return [name for name in dir(coderunner) if name[0].isupper() and name not in ("Any", "TYPE_CHECKING")]


def webhook_names() -> list[str]:
    """What ``from coderunner.webhooks import …`` offers."""
    return [
        name
        for name, value in vars(webhooks).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith("coderunner.webhooks")
    ]


def _directive(path: str) -> str:
    return f"::: {path}"
